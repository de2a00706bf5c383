"""What the layer around Django tells Django in the WSGI environment of a request that it passes on."""

# The PageStore itself, for the report on its health
STORE = "networks.page_store"
# True where the response of a view that is marked by `stored` will be kept
WANTED = "networks.page_store.wanted"
# Whether the database answered when the content version was last read: then the due schedules were applied too
DATABASE_ANSWERS = "networks.page_store.database_answers"
