"""
Who may do what: every address of the project, asked and posted to by everybody there is.

The addresses are read from the URLconf, so one that is added has no row below and fails, and so does a row whose
address is gone. What is posted would take effect if it were allowed.
"""

import re
from collections import Counter
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.urls import resolve
from django.utils import timezone, translation

from networks.models import CityProfile, Network, OldAddress, Page, Schedule, Theme
from networks.revisions import schedules
from tests.makers import make_network, make_page, make_profile, make_theme
from tests.world import (
    ADDRESSES,
    IN_BIN,
    LANGUAGES,
    PK,
    REQUESTS,
    REVISED,
    ROLES,
    UNPUBLISHED,
    Asked,
    network_form,
    page_form,
    schedule_form,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


# The fast tests leave out who sees no more than the ones before them, or all that there is.
IN_CI_ALONE = {"account", "staff", "publ", "admin", "super"}

# By the name of the address, or by its pattern where it has none, and by what is asked: GET, POST, or a case of
# either that REQUESTS describes.
#
#     ok       answered, and nothing has changed        done     answered, and something has changed
#     moved    sent elsewhere; nothing has changed      refused  sent back to the same page; nothing has changed
#     login    sent to the log-in                       forbid   403
#     missing  404                                      gone     410
#     method   405
#
# An asterisk stands for each model with revisions.
TABLE = """
                                                            anonym  account staff   editor  publ    admin   super
sitemap                                      GET            ok      ok      ok      ok      ok      ok      ok
sitemap                                      POST           method  method  method  method  method  method  method
sitemap_part                                 GET            ok      ok      ok      ok      ok      ok      ok
sitemap_part                                 POST           method  method  method  method  method  method  method
robots                                       GET            ok      ok      ok      ok      ok      ok      ok
robots                                       POST           method  method  method  method  method  method  method
networks_json                                GET            ok      ok      ok      ok      ok      ok      ok
networks_json                                POST           method  method  method  method  method  method  method
networks_csv                                 GET            ok      ok      ok      ok      ok      ok      ok
networks_csv                                 POST           method  method  method  method  method  method  method
documents_csv                                GET            ok      ok      ok      ok      ok      ok      ok
documents_csv                                POST           method  method  method  method  method  method  method
roles_csv                                    GET            ok      ok      ok      ok      ok      ok      ok
roles_csv                                    POST           method  method  method  method  method  method  method
periods_csv                                  GET            ok      ok      ok      ok      ok      ok      ok
periods_csv                                  POST           method  method  method  method  method  method  method
fees_csv                                     GET            ok      ok      ok      ok      ok      ok      ok
fees_csv                                     POST           method  method  method  method  method  method  method
activities_csv                               GET            ok      ok      ok      ok      ok      ok      ok
activities_csv                               POST           method  method  method  method  method  method  method
networks_csv_metadata                        GET            ok      ok      ok      ok      ok      ok      ok
networks_csv_metadata                        POST           method  method  method  method  method  method  method
networks_turtle                              GET            ok      ok      ok      ok      ok      ok      ok
networks_turtle                              POST           method  method  method  method  method  method  method
catalogue_json_ld                            GET            ok      ok      ok      ok      ok      ok      ok
catalogue_json_ld                            POST           method  method  method  method  method  method  method
catalogue_turtle                             GET            ok      ok      ok      ok      ok      ok      ok
catalogue_turtle                             POST           method  method  method  method  method  method  method
security_txt                                 GET            ok      ok      ok      ok      ok      ok      ok
security_txt                                 POST           method  method  method  method  method  method  method
document                                     GET            ok      ok      ok      ok      ok      ok      ok
document                                     GET bin        missing missing missing missing missing missing missing
document                                     GET draft      missing missing missing missing missing missing missing
document                                     GET kind       moved   moved   moved   moved   moved   moved   moved
document                                     GET line       missing missing missing missing missing missing missing
document                                     POST           method  method  method  method  method  method  method
city_id                                      GET            moved   moved   moved   moved   moved   moved   moved
city_id                                      POST           method  method  method  method  method  method  method
site_id                                      GET            moved   moved   moved   moved   moved   moved   moved
site_id                                      POST           method  method  method  method  method  method  method
network_id                                   GET            moved   moved   moved   moved   moved   moved   moved
network_id                                   POST           method  method  method  method  method  method  method
live                                         GET            ok      ok      ok      ok      ok      ok      ok
live                                         POST           method  method  method  method  method  method  method
serving                                      GET            ok      ok      ok      ok      ok      ok      ok
serving                                      POST           method  method  method  method  method  method  method
full                                         GET            ok      ok      ok      ok      ok      ok      ok
full                                         POST           method  method  method  method  method  method  method
ready                                        GET            ok      ok      ok      ok      ok      ok      ok
ready                                        POST           method  method  method  method  method  method  method
admin:session                                GET            ok      ok      ok      ok      ok      ok      ok
admin:session                                POST           method  method  method  method  method  method  method
admin:guide                                  GET            login   login   ok      ok      ok      ok      ok
admin:guide                                  POST           login   login   method  method  method  method  method
admin:second_factor                          GET            login   login   ok      ok      ok      ok      ok
admin:second_factor                          POST           login   login   ok      ok      ok      ok      ok
admin:index                                  GET            login   login   ok      ok      ok      ok      ok
admin:index                                  POST           login   login   ok      ok      ok      ok      ok
admin:login                                  GET            ok      ok      moved   moved   moved   moved   moved
admin:login                                  POST           done    done    done    done    done    done    done
admin:logout                                 GET            moved   moved   method  method  method  method  method
admin:logout                                 POST           moved   moved   ok      ok      ok      ok      ok
admin:password_change                        GET            login   login   ok      ok      ok      ok      ok
admin:password_change                        POST           login   login   done    done    done    done    done
admin:password_change_done                   GET            login   login   ok      ok      ok      ok      ok
admin:password_change_done                   POST           login   login   method  method  method  method  method
admin:autocomplete                           GET            login   login   forbid  ok      ok      ok      ok
admin:autocomplete                           GET groups     login   login   forbid  forbid  forbid  ok      ok
admin:autocomplete                           POST           login   login   method  method  method  method  method
admin:jsi18n                                 GET            login   login   ok      ok      ok      ok      ok
admin:jsi18n                                 POST           login   login   method  method  method  method  method
admin:view_on_site                           GET            login   login   missing moved   moved   moved   moved
admin:view_on_site                           GET draft      login   login   missing missing missing missing missing
admin:view_on_site                           GET bin        login   login   missing missing missing missing missing
admin:view_on_site                           GET account    login   login   missing missing missing missing missing
admin:view_on_site                           POST           login   login   missing moved   moved   moved   moved
admin:auth_group_second_factor               GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_group_second_factor               POST           login   login   forbid  forbid  forbid  done    done
admin:auth_group_changelist                  GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_group_changelist                  POST delete    login   login   forbid  forbid  forbid  ok      done
admin:auth_group_add                         GET            login   login   forbid  forbid  forbid  forbid  ok
admin:auth_group_add                         POST           login   login   forbid  forbid  forbid  forbid  done
admin:auth_group_history                     GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_group_history                     POST           login   login   forbid  forbid  forbid  ok      ok
admin:auth_group_delete                      GET            login   login   forbid  forbid  forbid  forbid  ok
admin:auth_group_delete                      POST           login   login   forbid  forbid  forbid  forbid  done
admin:auth_group_change                      GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_group_change                      POST           login   login   forbid  forbid  forbid  forbid  done
admin/auth/group/<path:object_id>/           GET            login   login   moved   moved   moved   moved   moved
admin/auth/group/<path:object_id>/           POST           login   login   moved   moved   moved   moved   moved
admin:auth_user_password_change              GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_user_password_change              POST           login   login   forbid  forbid  forbid  done    done
admin:auth_user_password_change              POST unset     login   login   forbid  forbid  forbid  done    done
admin:auth_user_changelist                   GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_user_changelist                   POST delete    login   login   forbid  forbid  forbid  done    done
admin:auth_user_add                          GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_user_add                          POST           login   login   forbid  forbid  forbid  done    done
admin:auth_user_history                      GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_user_history                      POST           login   login   forbid  forbid  forbid  ok      ok
admin:auth_user_delete                       GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_user_delete                       POST           login   login   forbid  forbid  forbid  done    done
admin:auth_user_change                       GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_user_change                       POST           login   login   forbid  forbid  forbid  done    done
admin:auth_user_second_factor                GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_user_second_factor                POST           login   login   forbid  forbid  forbid  done    done
admin:auth_user_password_link                GET            login   login   forbid  forbid  forbid  ok      ok
admin:auth_user_password_link                POST revoke    login   login   forbid  forbid  forbid  done    done
admin:auth_user_password_link                POST           login   login   forbid  forbid  forbid  done    done
admin:auth_user_choose_password              GET            moved   moved   moved   moved   moved   moved   moved
admin:auth_user_choose_password              GET forged     gone    gone    gone    gone    gone    gone    gone
admin:auth_user_choose_password              POST           moved   moved   moved   moved   moved   moved   moved
admin/auth/user/<path:object_id>/            GET            login   login   moved   moved   moved   moved   moved
admin/auth/user/<path:object_id>/            POST           login   login   moved   moved   moved   moved   moved
admin:networks_network_due                   GET            login   login   forbid  ok      ok      ok      ok
admin:networks_network_due                   POST           login   login   method  method  method  method  method
admin:networks_network_due_sheet             GET            login   login   forbid  done    done    done    done
admin:networks_network_due_sheet             POST           login   login   method  method  method  method  method
admin:networks_network_document              GET            login   login   forbid  ok      ok      ok      ok
admin:networks_network_document              POST           login   login   method  method  method  method  method
admin:networks_network_export                GET            login   login   forbid  ok      ok      ok      ok
admin:networks_network_export                POST           login   login   forbid  done    done    done    done
admin:networks_network_exported              GET            login   login   forbid  missing missing missing missing
admin:networks_network_exported              POST           login   login   forbid  missing missing missing missing
admin:networks_network_import                GET            login   login   forbid  ok      ok      ok      ok
admin:networks_network_import                POST           login   login   forbid  ok      ok      ok      ok
admin:networks_network_import                POST file      login   login   forbid  done    done    done    done
admin:networks_network_imported              GET            login   login   forbid  moved   moved   moved   moved
admin:networks_network_imported              POST           login   login   forbid  moved   moved   moved   moved
admin:networks_network_end                     GET            login   login   forbid  ok      ok      ok      ok
admin:networks_network_end                     POST           login   login   forbid  done    done    done    done
admin:networks_network_end                     POST bin       login   login   forbid  missing missing missing missing
admin:networks_network_verify                GET            login   login   method  method  method  method  method
admin:networks_network_verify                POST           login   login   forbid  forbid  done    done    done
admin:networks_network_verify                POST bin       login   login   forbid  forbid  missing missing missing
admin:networks_network_unit_links            GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_network_unit_links            POST           login   login   forbid  forbid  done    done    done
admin:networks_network_unit_letter           GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_network_unit_letter           POST           login   login   forbid  forbid  ok      ok      ok
admin:networks_network_unit_revoke           GET            login   login   forbid  forbid  moved   moved   moved
admin:networks_network_unit_revoke           POST           login   login   forbid  forbid  done    done    done
admin:networks_network_answers               GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_network_answers               POST           login   login   forbid  forbid  ok      ok      ok
admin:networks_network_decide                GET            login   login   forbid  forbid  moved   moved   moved
admin:networks_network_decide                POST           login   login   forbid  forbid  done    done    done
admin:networks_network_decide                POST accept    login   login   forbid  forbid  done    done    done
admin:networks_network_changelist            POST verify    login   login   forbid  refused done    done    done
admin:networks_network_changelist            POST edit      login   login   forbid  done    done    done    done
live_preview:*                               GET            login   login   forbid  moved   moved   moved   moved
live_preview:*                               POST           login   login   forbid  ok      ok      ok      ok
live_preview:*                               POST bin       login   login   forbid  missing missing missing missing
live_preview:*_add                           GET            login   login   forbid  moved   moved   moved   moved
live_preview:*_add                           POST           login   login   forbid  ok      ok      ok      ok
admin:networks_*_order                       GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_*_order                       POST           login   login   forbid  forbid  done    done    done
admin:networks_*_order                       POST bin       login   login   forbid  forbid  missing missing missing
admin:networks_network_changelist            POST export    login   login   forbid  ok      ok      ok      ok
admin:networks_*_bin                         GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_*_bin                         POST           login   login   forbid  forbid  ok      ok      ok
admin:networks_*_withdraw                    GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_*_withdraw                    POST           login   login   forbid  forbid  done    done    done
admin:networks_*_withdraw                    POST bin       login   login   forbid  forbid  missing missing missing
admin:networks_*_discard                     GET            login   login   forbid  moved   ok      ok      ok
admin:networks_*_discard                     GET unplanned  login   login   forbid  ok      ok      ok      ok
admin:networks_*_discard                     POST           login   login   forbid  moved   done    done    done
admin:networks_*_discard                     POST unplanned login   login   forbid  done    done    done    done
admin:networks_*_discard                     POST bin       login   login   forbid  missing missing missing missing
admin:networks_*_submit                      GET            login   login   forbid  ok      ok      ok      ok
admin:networks_*_submit                      POST           login   login   forbid  done    done    done    done
admin:networks_*_submit                      POST bin       login   login   forbid  missing missing missing missing
admin:networks_*_undelete                    GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_*_undelete                    POST           login   login   forbid  forbid  done    done    done
admin:networks_*_review                      GET            login   login   forbid  ok      ok      ok      ok
admin:networks_*_review                      GET bin        login   login   forbid  missing missing missing missing
admin:networks_*_review                      POST           login   login   forbid  done    done    done    done
admin:networks_*_review                      POST publish   login   login   forbid  forbid  done    done    done
admin:networks_*_review                      POST language  login   login   forbid  forbid  done    done    done
admin:networks_*_review                      POST own       login   login   forbid  forbid  ok      ok      ok
admin:networks_*_review                      POST return    login   login   forbid  forbid  done    done    done
admin:networks_*_review                      POST recall    login   login   forbid  done    done    done    done
admin:networks_*_review                      POST bin       login   login   forbid  missing missing missing missing
admin:networks_*_publish                     GET            login   login   moved   moved   moved   moved   moved
admin:networks_*_publish                     POST           login   login   moved   moved   moved   moved   moved
admin:networks_*_return                      GET            login   login   moved   moved   moved   moved   moved
admin:networks_*_return                      POST           login   login   moved   moved   moved   moved   moved
admin:networks_*_remarks                     GET            login   login   moved   moved   moved   moved   moved
admin:networks_*_remarks                     POST           login   login   moved   moved   moved   moved   moved
admin:networks_*_recall                      GET            login   login   forbid  ok      ok      ok      ok
admin:networks_*_recall                      POST           login   login   forbid  moved   moved   moved   moved
admin:networks_*_recall                      POST submitted login   login   forbid  done    done    done    done
admin:networks_*_recall                      POST bin       login   login   forbid  missing missing missing missing
admin:networks_*_compare                     GET            login   login   forbid  ok      ok      ok      ok
admin:networks_*_compare                     GET bin        login   login   forbid  missing ok      ok      ok
admin:networks_*_compare                     POST           login   login   forbid  ok      ok      ok      ok
admin:networks_*_restore                     GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_*_restore                     POST           login   login   forbid  forbid  done    done    done
admin:networks_*_restore                     POST bin       login   login   forbid  forbid  missing missing missing
admin:networks_*_schedule                    GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_*_schedule                    POST           login   login   forbid  forbid  done    done    done
admin:networks_*_schedule                    POST bin       login   login   forbid  forbid  missing missing missing
admin:networks_*_cancel                      GET            login   login   forbid  forbid  moved   moved   moved
admin:networks_*_cancel                      POST           login   login   forbid  forbid  done    done    done
admin:networks_*_preview                     GET            login   login   forbid  moved   moved   moved   moved
admin:networks_*_preview                     GET bin        login   login   forbid  missing moved   moved   moved
admin:networks_*_preview                     POST           login   login   forbid  moved   moved   moved   moved
admin:networks_*_links                       GET            login   login   forbid  ok      ok      ok      ok
admin:networks_*_links                       POST           login   login   forbid  done    done    done    done
admin:networks_*_links                       POST bin       login   login   forbid  missing missing missing missing
admin:networks_*_revoke                      GET            login   login   forbid  moved   moved   moved   moved
admin:networks_*_revoke                      POST           login   login   forbid  forbid  done    done    done
admin:networks_*_views                       GET            login   login   forbid  ok      ok      ok      ok
admin:networks_*_views                       POST           login   login   forbid  done    done    done    done
admin:networks_*_open                        GET            login   login   method  method  method  method  method
admin:networks_*_open                        POST           login   login   forbid  done    done    done    done
admin:networks_*_open                        POST bin       login   login   forbid  missing missing missing missing
admin:networks_*_undo                        GET            login   login   method  method  method  method  method
admin:networks_*_undo                        POST           login   login   forbid  moved   moved   moved   moved
admin:networks_*_changelist                  GET            login   login   forbid  ok      ok      ok      ok
admin:networks_*_changelist                  POST publish   login   login   forbid  refused done    done    done
admin:networks_*_changelist                  POST withdraw  login   login   forbid  refused done    done    done
admin:networks_*_changelist                  POST submit    login   login   forbid  done    done    done    done
admin:networks_*_changelist                  POST delete    login   login   forbid  refused done    done    done
admin:networks_*_add                         GET            login   login   forbid  ok      ok      ok      ok
admin:networks_*_add                         POST           login   login   forbid  done    done    done    done
admin:networks_*_add                         POST publish   login   login   forbid  forbid  done    done    done
admin:networks_*_history                     GET            login   login   forbid  ok      ok      ok      ok
admin:networks_*_history                     GET bin        login   login   forbid  missing ok      ok      ok
admin:networks_*_history                     POST           login   login   forbid  ok      ok      ok      ok
admin:networks_*_delete                      GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_*_delete                      POST           login   login   forbid  forbid  done    done    done
admin:networks_*_delete                      POST bin       login   login   forbid  forbid  moved   moved   moved
admin:networks_*_change                      GET            login   login   forbid  ok      ok      ok      ok
admin:networks_*_change                      GET bin        login   login   forbid  moved   moved   moved   moved
admin:networks_*_change                      POST           login   login   forbid  done    done    done    done
admin:networks_*_change                      POST publish   login   login   forbid  forbid  done    done    done
admin:networks_*_change                      POST submit    login   login   forbid  done    done    done    done
admin:networks_*_change                      POST mend      login   login   forbid  done    done    done    done
admin:networks_*_change                      POST bin       login   login   forbid  ok      ok      ok      ok
admin/networks/*/<path:object_id>/           GET            login   login   moved   moved   moved   moved   moved
admin/networks/*/<path:object_id>/           POST           login   login   moved   moved   moved   moved   moved
admin:networks_theme_changelist              GET            login   login   forbid  ok      ok      ok      ok
admin:networks_theme_changelist              POST delete    login   login   forbid  ok      done    done    done
admin:networks_theme_add                     GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_theme_add                     POST           login   login   forbid  forbid  done    done    done
admin:networks_theme_history                 GET            login   login   forbid  ok      ok      ok      ok
admin:networks_theme_history                 POST           login   login   forbid  ok      ok      ok      ok
admin:networks_theme_delete                  GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_theme_delete                  POST           login   login   forbid  forbid  done    done    done
admin:networks_theme_change                  GET            login   login   forbid  ok      ok      ok      ok
admin:networks_theme_change                  POST           login   login   forbid  forbid  done    done    done
admin/networks/theme/<path:object_id>/       GET            login   login   moved   moved   moved   moved   moved
admin/networks/theme/<path:object_id>/       POST           login   login   moved   moved   moved   moved   moved
admin:networks_oldaddress_changelist         GET            login   login   forbid  ok      ok      ok      ok
admin:networks_oldaddress_changelist         POST delete    login   login   forbid  ok      done    done    done
admin:networks_oldaddress_add                GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_oldaddress_add                POST           login   login   forbid  forbid  done    done    done
admin:networks_oldaddress_history            GET            login   login   forbid  ok      ok      ok      ok
admin:networks_oldaddress_history            POST           login   login   forbid  ok      ok      ok      ok
admin:networks_oldaddress_delete             GET            login   login   forbid  forbid  ok      ok      ok
admin:networks_oldaddress_delete             POST           login   login   forbid  forbid  done    done    done
admin:networks_oldaddress_change             GET            login   login   forbid  ok      ok      ok      ok
admin:networks_oldaddress_change             POST           login   login   forbid  forbid  done    done    done
admin/networks/oldaddress/<path:object_id>/  GET            login   login   moved   moved   moved   moved   moved
admin/networks/oldaddress/<path:object_id>/  POST           login   login   moved   moved   moved   moved   moved
admin:networks_auditentry_changelist         GET            login   login   forbid  forbid  forbid  ok      ok
admin:networks_auditentry_changelist         POST delete    login   login   forbid  forbid  forbid  ok      ok
admin:networks_auditentry_csv                GET            login   login   forbid  forbid  forbid  done    done
admin:networks_auditentry_csv                POST           login   login   method  method  method  method  method
admin:networks_link_changelist               GET            login   login   forbid  ok      ok      ok      ok
admin:networks_link_changelist               POST delete    login   login   forbid  ok      ok      ok      ok
admin:networks_link_check                    GET            login   login   method  method  method  method  method
admin:networks_link_check                    POST           login   login   forbid  done    done    done    done
admin:networks_link_mend                     GET            login   login   method  method  method  method  method
admin:networks_link_mend                     POST           login   login   forbid  done    done    done    done
admin:networks_cityprofile_changelist        GET            login   login   forbid  moved   moved   moved   moved
admin:networks_cityprofile_changelist        POST delete    login   login   forbid  moved   moved   moved   moved
admin:networks_cityprofile_add               GET            login   login   forbid  forbid  forbid  forbid  forbid
admin:networks_cityprofile_add               GET first      login   login   forbid  forbid  forbid  ok      ok
admin:networks_cityprofile_add               POST           login   login   forbid  forbid  forbid  forbid  forbid
admin:networks_cityprofile_add               POST first     login   login   forbid  forbid  forbid  done    done
admin:networks_cityprofile_history           GET            login   login   forbid  ok      ok      ok      ok
admin:networks_cityprofile_history           POST           login   login   forbid  ok      ok      ok      ok
admin:networks_cityprofile_delete            GET            login   login   forbid  forbid  forbid  forbid  forbid
admin:networks_cityprofile_delete            POST           login   login   forbid  forbid  forbid  forbid  forbid
admin:networks_cityprofile_change            GET            login   login   forbid  ok      ok      ok      ok
admin:networks_cityprofile_change            POST           login   login   forbid  forbid  forbid  done    done
admin/networks/cityprofile/<path:object_id>/ GET            login   login   moved   moved   moved   moved   moved
admin/networks/cityprofile/<path:object_id>/ POST           login   login   moved   moved   moved   moved   moved
admin:app_list                               GET            login   login   missing ok      ok      ok      ok
admin:app_list                               GET auth       login   login   missing missing missing ok      ok
admin:app_list                               POST           login   login   missing ok      ok      ok      ok
admin/(?P<url>.*)$                           GET            login   login   missing missing missing missing missing
admin/(?P<url>.*)$                           POST           login   login   missing missing missing missing missing
public:index                                 GET            ok      ok      ok      ok      ok      ok      ok
public:index                                 POST           method  method  method  method  method  method  method
public:networks                              GET            moved   moved   moved   moved   moved   moved   moved
public:networks                              POST           method  method  method  method  method  method  method
public:network                               GET            ok      ok      ok      ok      ok      ok      ok
public:network                               GET bin        missing missing missing missing missing missing missing
public:network                               GET draft      missing missing missing missing missing missing missing
public:network                               POST           method  method  method  method  method  method  method
public:changes                               GET            ok      ok      ok      ok      ok      ok      ok
public:changes                               POST           method  method  method  method  method  method  method
public:feed                                  GET            ok      ok      ok      ok      ok      ok      ok
public:feed                                  POST           method  method  method  method  method  method  method
public:preview                               GET            login   forbid  forbid  ok      ok      ok      ok
public:preview                               GET link       ok      ok      ok      ok      ok      ok      ok
public:preview                               GET revoked    gone    gone    gone    gone    gone    gone    gone
public:preview                               GET forged     missing missing missing missing missing missing missing
public:preview                               POST           method  method  method  method  method  method  method
public:confirmation                          GET            ok      ok      ok      ok      ok      ok      ok
public:confirmation                          GET revoked    gone    gone    gone    gone    gone    gone    gone
public:confirmation                          GET forged     missing missing missing missing missing missing missing
public:confirmation                          POST           done    done    done    done    done    done    done
public:confirmation                          POST revoked   gone    gone    gone    gone    gone    gone    gone
public:confirmation                          POST forged    missing missing missing missing missing missing missing
public:picture                               GET            ok      ok      ok      ok      ok      ok      ok
public:picture                               POST           method  method  method  method  method  method  method
public:network_picture                       GET            ok      ok      ok      ok      ok      ok      ok
public:network_picture                       GET bin        missing missing missing missing missing missing missing
public:network_picture                       GET draft      missing missing missing missing missing missing missing
public:network_picture                       POST           method  method  method  method  method  method  method
public:timeline                              GET            ok      ok      ok      ok      ok      ok      ok
public:timeline                              POST           method  method  method  method  method  method  method
public:map                                   GET            ok      ok      ok      ok      ok      ok      ok
public:map                                   POST           method  method  method  method  method  method  method
public:open_data                             GET            ok      ok      ok      ok      ok      ok      ok
public:open_data                             POST           method  method  method  method  method  method  method
public:page                                  GET            ok      ok      ok      ok      ok      ok      ok
public:page                                  GET bin        missing missing missing missing missing missing missing
public:page                                  GET draft      missing missing missing missing missing missing missing
public:page                                  POST           method  method  method  method  method  method  method
"""


# The addresses, as they stand in the URLconf


def rows():
    """Return the rows of the table: {(name, what is asked): {role: outcome}}."""
    header, *lines = [line.split() for line in TABLE.splitlines() if line.strip()]
    assert header == ROLES
    parsed = [
        ((line[0].replace("*", model), " ".join(line[1 : -len(ROLES)])), line[-len(ROLES) :])
        for line in lines
        for model in (REVISED if "*" in line[0] and "(" not in line[0] else ["*"])
    ]
    found = {key: dict(zip(ROLES, outcomes, strict=True)) for key, outcomes in parsed}
    assert len(found) == len(parsed), "a row stands twice"
    return found


ROWS = rows()


# The rows that the addresses name, and who asks


def fingerprint():
    """Return all rows of the project, of the accounts and of the log of the admin, by their tables."""
    rows = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.app_label in ("networks", "auth", "admin") and not model._meta.proxy:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
                rows[model._meta.db_table] = sorted(map(repr, cursor.fetchall()))
    return rows


class Statements:
    """
    Notes whether anything but reading was asked of the database. Where nothing was, nothing has changed.

    And how often rows were locked in a transaction of the request itself, and how often in that of the test alone,
    which would not be there otherwise.
    """

    reading = re.compile(r"\s*(SELECT|SAVEPOINT|RELEASE|ROLLBACK TO)\b", re.IGNORECASE)

    def __init__(self):
        self.wrote = False
        self.locks = Counter()
        self.around = len(connection.atomic_blocks)

    def __call__(self, execute, sql, *args):
        self.wrote |= not self.reading.match(sql)
        if "FOR UPDATE" in sql or "FOR NO KEY UPDATE" in sql:
            self.locks["inside" if len(connection.atomic_blocks) > self.around else "outside"] += 1
        return execute(sql, *args)


class Visitor:
    """Somebody of a role, for whom each request is the first: what it changed is undone."""

    def __init__(self, world, role, **options):
        self.world = world
        self.client = Client(**options)
        if role != "anonym":
            self.client.force_login(world.accounts[role])
        self.cookies = {name: each.value for name, each in self.client.cookies.items()}
        self.before = fingerprint()
        self.locks = Counter()
        self.locked_outside = []  # what asked for it

    def outcome(self, name, asked, language="sr"):
        """Ask, and return what came of it in a word."""
        pattern = ADDRESSES[language][name]
        request = REQUESTS.get(name, {}).get(asked) or Asked()
        address = self.world.address(pattern, request.arguments)
        with translation.override(language):
            assert resolve(address).route == pattern.replace("^", ""), (name, address)
        method = asked.partition(" ")[0]
        self.client.cookies.clear()
        self.client.cookies.load(self.cookies)
        with transaction.atomic():
            before = self.before
            if request.prepare:
                request.prepare()
                before = fingerprint()
            statements = Statements()
            with connection.execute_wrapper(statements):
                response = getattr(self.client, method.lower())(address, request.data)
            self.locks += statements.locks
            if statements.locks["outside"]:
                self.locked_outside.append((name, asked))
            after = fingerprint() if statements.wrote else before
            transaction.set_rollback(True)
        changed = {each for each in before if before[each] != after[each]}
        if response.status_code == 200 and not name.endswith("_open"):
            changed -= OPENED
        return in_a_word(response, address, changed, language)

    def outcomes(self, asked_rows, language="sr"):
        return {(name, asked): self.outcome(name, asked, language) for name, asked in asked_rows}


# That somebody has a form before them is noted, so that colleagues are told.
OPENED = {"networks_openform"}
STATUSES = {403: "forbid", 404: "missing", 405: "method", 410: "gone"}


def in_a_word(response, address, changed, language):
    status = response.status_code
    if status in STATUSES:
        return STATUSES[status] if not changed else f"{status}, but changed {', '.join(sorted(changed))}"
    if status == 200:
        return "done" if changed else "ok"
    if status in (301, 302, 303):
        path = response["Location"].partition("?")[0]
        if changed:
            return "done"
        if path == f"/{LANGUAGES[language]}admin/login/" != address:
            return "login"
        return "refused" if path == address else "moved"
    return str(status)


def differences(expected, found):
    return {key: f"{found[key]}, not {expected[key]}" for key in expected if found[key] != expected[key]}


@pytest.fixture(autouse=True)
def _quiet(caplog):
    """The server logs each refusal, with a traceback."""
    caplog.set_level("CRITICAL", logger="django.request")


@pytest.fixture
def postgresql_locks(monkeypatch):
    """Let every database lock rows by the rules of PostgreSQL; SQLite, which locks as a whole, reads a remark."""
    if not connection.features.has_select_for_update:
        monkeypatch.setattr(connection.features, "has_select_for_update", True)
        monkeypatch.setattr(connection.features, "has_select_for_no_key_update", True)
        monkeypatch.setattr(connection.ops, "for_update_sql", lambda **options: "/* FOR UPDATE */")


# The tests


def test_each_address_has_rows_for_reading_and_posting():
    expected = {(name, method) for name in ADDRESSES["sr"] for method in ("GET", "POST")}
    # What is posted to a list are its actions.
    lists = {(name, "POST") for name in ADDRESSES["sr"] if name.endswith("_changelist")}
    plain = {(name, asked) for name, asked in ROWS if " " not in asked}
    assert expected - lists - plain == set(), "addresses without a row"
    assert plain - expected == set(), "rows without an address"


def test_each_case_has_a_row_and_each_row_its_case():
    described = {(name, asked) for name, cases in REQUESTS.items() for asked in cases}
    assert described - set(ROWS) == set()
    assert {row for row in ROWS if " " in row[1]} - described == set()


def test_each_action_of_a_list_has_a_row(rf):
    request = rf.get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    for model, model_admin in admin.site._registry.items():
        cases = REQUESTS[f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"].values()
        posted = {case.data["action"] for case in cases if "action" in case.data}
        # A list that allows none is asked to delete all the same.
        assert posted == set(model_admin.get_actions(request)) | {"delete_selected"}, model


@pytest.mark.parametrize("language", ["sr-latn", "en"])
def test_addresses_are_the_same_in_each_language(language):
    def without(prefix, patterns):
        return {name: pattern.removeprefix(prefix) for name, pattern in patterns.items()}

    assert without(LANGUAGES[language], ADDRESSES[language]) == ADDRESSES["sr"]


@pytest.mark.parametrize(
    "role", [pytest.param(role, marks=pytest.mark.exhaustive if role in IN_CI_ALONE else ()) for role in ROLES]
)
def test_each_address_answers_each_role_as_the_table_says(world, role, postgresql_locks):
    """And no row is locked outside of a transaction: the one that is around this test would hide it."""
    expected = {row: outcomes[role] for row, outcomes in ROWS.items()}
    visitor = Visitor(world, role)
    assert differences(expected, visitor.outcomes(expected)) == {}
    assert visitor.locked_outside == []
    if role == "super":
        assert visitor.locks["inside"] > 20


@pytest.mark.exhaustive
@pytest.mark.parametrize("role", ROLES)
def test_other_languages_open_no_other_door(world, role):
    """A twentieth of the rows for each role and language."""
    visitor = Visitor(world, role)
    for number, language in enumerate(["sr-latn", "en"]):
        sample = list(ROWS)[(3 * ROLES.index(role) + 5 * number) % 20 :: 20]
        expected = {row: ROWS[row][role] for row in sample}
        assert differences(expected, visitor.outcomes(sample, language)) == {}, language


@pytest.mark.long
def test_nothing_is_posted_from_another_site(world):
    posted = [(name, asked) for name, asked in ROWS if asked.startswith("POST")]
    found = Visitor(world, "super", enforce_csrf_checks=True).outcomes(posted)
    # What citizens read takes no form from anybody. The page for units takes one from whoever knows its secret URL.
    expected = {
        row: "forbid" if row[0].startswith(("admin", "live_preview")) else ROWS[row]["super"] for row in posted
    }
    assert differences(expected, found) == {}


def seen_by_citizens():
    paths = [
        "",
        *(f"networks/{slug}/" for slug in ("published", "draft", "in-bin", "changed", "promenjeno")),
        *(f"pages/{slug}/" for slug in ("page-published", "page-draft", "page-in-bin", "changed", "promenjeno")),
    ]
    client = Client()
    # The pages of all languages are made of the same rows.
    addresses = ["/sitemap.xml", *(f"/en/{path}" for path in paths)]
    answers = {address: client.get(address) for address in addresses}
    return {
        address: (answer.status_code, answer.get("Location"), answer.content) for address, answer in answers.items()
    }


PUBLISHING = {
    "button": {"_publish": "1"},
    "all buttons": {"_save": "1", "_publish": "1", "_schedule": "1", "_preview": "1"},
    "schedule": {"_schedule": "1", **schedule_form()},
    "action": {"_save": "1", "action": "publish", "_selected_action": [PK, UNPUBLISHED], "index": 0},
    "flag": {"_save": "1", "is_published": "on", "initial-is_published": "on"},
    "pointers": {"_save": "1", "live": 3, "live_id": 3, "head": 1, "head_id": 1, "deleted_at": "", "published": "1"},
}


@pytest.mark.exhaustive
@pytest.mark.parametrize(("name", "language"), list(zip(PUBLISHING, [*LANGUAGES, *LANGUAGES], strict=True)))
def test_editor_publishes_nothing_by_a_crafted_form(world, name, language):
    typed = PUBLISHING[name]
    Schedule.objects.all().delete()
    before = seen_by_citizens()
    client = Client()
    client.force_login(world.accounts["editor"])
    desk = f"/{LANGUAGES[language]}admin/networks/"
    pages = (
        "change",
        "schedule",
        "restore/1",
        "withdraw",
        "publish",
        "preview",
        "links",
        "submit",
        "open",
        "delete",
        "history",
    )
    for model, form in (("network", network_form), ("page", page_form)):
        for path in (
            *(f"{PK}/{page}/" for page in pages),
            f"{IN_BIN}/undelete/",
            f"{IN_BIN}/change/",
            "add/",
            "",
        ):
            client.post(f"{desk}{model}/{path}?_publish=1&is_published=on&action=publish", form(**typed))
        client.post(f"{desk}{model}/{UNPUBLISHED}/change/", form(slug="draft", **{**typed, "base": 1}))
    assert seen_by_citizens() == before
    schedules.apply_due(timezone.now() + timedelta(days=365))
    assert seen_by_citizens() == before
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(("model", "form"), [(Network, network_form), (Page, page_form)])
def test_editor_saves_what_was_not_published(world, model, form):
    """The refusals above are of the publishing; the same form is saved as a draft."""
    client = Client()
    client.force_login(world.accounts["editor"])
    client.post(f"/admin/networks/{model._meta.model_name}/{PK}/change/", form(_save="1", is_published="on"))
    row, heading = model.objects.get(pk=PK), f"{model.heading_field}_sr"
    assert (row.head.content[heading], row.head.author) == ("Промењено", world.accounts["editor"])
    assert (getattr(row, heading), row.live.number) == ("Мрежа", 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [Theme, Page, CityProfile, OldAddress, Network])
def test_history_is_posted_to_without_a_transaction_around(model, postgresql_locks):
    client = Client()
    client.force_login(User.objects.create_superuser("clerk"))
    make = {Theme: make_theme, Page: make_page, CityProfile: make_profile, Network: make_network}
    row = make[model]() if model in make else OldAddress.objects.create(old_path="/old/", new_path="/")
    response = client.post(f"/admin/networks/{model._meta.model_name}/{row.pk}/history/")
    assert response.status_code == 200
