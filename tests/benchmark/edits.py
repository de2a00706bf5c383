"""Load on the site for minutes, while networks are edited and published all the time."""

import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import Load, Server, environment, loading, run, serving

PATHS = ["/", "/en/", "/networks/alda/", "/networks.json", "/feed.atom"]
FRESH_AFTER = 1.0  # seconds after the commit, as README.md promises
READS = 8  # of each page and edit, each on a connection of its own, so that all workers are asked
PAUSE = 0.5  # seconds from the last of these to the next edit
WARM_UP = 5  # seconds


@dataclass
class Found:
    edits: int = 0
    reads: int = 0
    stale: int = 0
    errors: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds
    memory: dict[str, float] = field(default_factory=dict)  # megabytes


def measure(*, minutes: float, connections: int) -> bool:
    """Print what was found, and return whether there was neither an error nor a page that was out of date."""
    seconds = round(minutes * 60)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
        folder = Path(temporary)
        env = environment(folder)
        run("django", "collectstatic", "--noinput", "--verbosity=0", env=env)
        run("tests.benchmark.data", 11, env=env)
        with (
            serving({"ours": ("citynetworks.wsgi:application", env)}, folder) as servers,
            loading(servers["ours"], PATHS, seconds=seconds, connections=connections) as finish,
        ):
            found = edit(servers["ours"], env, seconds)
            load = finish()
    print(in_words(found, load))
    return not (found.stale or found.errors or load.errors) and found.edits > 0


def edit(server: Server, env: Mapping[str, str], seconds: int) -> Found:
    """Edit and publish until shortly before the time is over, and read each time whether it is to be seen."""
    os.environ.update(env)
    import django

    django.setup()
    from django.contrib.auth.models import User

    from networks.management import demo_site
    from networks.models import Network
    from networks.revisions import drafts, publishing

    demo_site.ensure_user("publisher", "publishers")
    author = User.objects.get(username="publisher")
    keys = list(Network.objects.published().values_list("pk", flat=True))
    found = Found()
    began = time.monotonic()
    time.sleep(WARM_UP)
    found.memory["at the start"] = server.memory()
    while (passed := time.monotonic() - began) < seconds - 3:
        if passed > seconds / 2:
            found.memory.setdefault("in the middle", server.memory())
        network = Network.objects.get(pk=keys[found.edits % len(keys)])
        found.edits += 1
        text = f"Измена под оптерећењем, број {found.edits}."
        saved = drafts.save(network, {"summary_sr": text}, author=author)
        publishing.publish(saved.row, author=author)
        time.sleep(FRESH_AFTER)
        for path in ("/", f"/networks/{network.slug}/") * READS:
            read(server, path, text, found)
        time.sleep(PAUSE)
    found.memory["at the end"] = server.memory()
    return found


def read(server: Server, path: str, text: str, found: Found) -> None:
    began = time.monotonic()
    try:
        answer = server.ask(path, {"Accept-Encoding": "identity"})
    except OSError as error:
        found.errors.append(f"{path}: {error}")
        return
    found.reads += 1
    found.slowest = max(found.slowest, time.monotonic() - began)
    if answer.status != 200:
        found.errors.append(f"{path}: {answer.status}")
    elif text not in answer.body.decode():
        found.stale += 1


def in_words(found: Found, load: Load) -> str:
    memory = ", ".join(f"{value:.0f} MB {when}" for when, value in found.memory.items())
    return "\n".join(
        [
            f"- Load: {load.requests:,} requests in {load.seconds:.0f} s, {load.errors} errors, "
            f"p99 {load.p99:.1f} ms, slowest {load.slowest:.0f} ms",
            f"- Edits that were published: {found.edits}",
            f"- Reads {FRESH_AFTER:.0f} s after the commit: {found.reads}, {found.stale} out of date, "
            f"{len(found.errors)} errors, slowest {found.slowest * 1000:.0f} ms",
            f"- Memory of all processes of the server: {memory}",
            *(f"- Error: {error}" for error in found.errors[:10]),
        ]
    )
