"""A wheel of the project is all that a site needs, beside its dependencies."""

import re
import subprocess
import sys
import venv

import pytest

from tests import servers
from tests.processes import ROOT


@pytest.fixture
def python(tmp_path):
    """
    Build the wheel, install it into an environment of its own, and return the Python of that.

    The dependencies are those of the tests, so that nothing has to be fetched.
    """
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    wheels = ["wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(tmp_path / "wheels")]
    subprocess.run([*pip, *wheels, str(ROOT)], cwd=tmp_path, check=True)  # noqa: S603
    (wheel,) = (tmp_path / "wheels").iterdir()
    folder = tmp_path / "environment"
    venv.create(folder)
    python = folder / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True)  # noqa: S603
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(path for path in sys.path if "site-packages" in path))
    return python


@pytest.mark.process
def test_an_installed_wheel_serves_pages_and_static_files(python, tmp_path):
    site = tmp_path / "site"
    env = servers.environment(site)
    del env["PYTHONPATH"]

    def run(*arguments):
        result = subprocess.run(  # noqa: S603
            [python, *arguments], env=env, cwd=site, check=True, stdout=subprocess.PIPE, text=True, timeout=120
        )
        return result.stdout.strip()

    assert str(ROOT) not in run(
        "-c", "import citynetworks, networks; print(citynetworks.__file__, networks.__file__)"
    )
    assert run("-c", "from citynetworks.settings import DATA_DIR; print(DATA_DIR)") == str(site / ".data")
    # The samples that `install` fills in are in the wheel.
    install = [python.parent / "city-networks", "install", "--root", tmp_path / "machine", "--host=mreze.example.rs"]
    subprocess.run([*install, "--files-only"], env={}, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    assert not (tmp_path / ".data").exists()
    for command in (["migrate"], ["loaddata", "nis"], ["collectstatic", "--noinput"]):
        run("-m", "django", *command, "--verbosity=0")
    server = servers.Server("citynetworks.wsgi:application", env, log=tmp_path / "log", python=python, cwd=site)
    try:
        server.wait()
        page = server.ask("/sr-latn/", {"Accept-Encoding": "identity"})
        assert (page.status, "Gradonačelnici za mir" in page.body.decode()) == (200, True)
        (stylesheet,) = re.findall(r'href="(/static/networks/site\.[0-9a-f]+\.css)"', page.body.decode())
        assert server.ask(stylesheet).status == 200
        desk = server.ask("/en/admin/login/", {"Accept-Encoding": "identity"})
        assert (desk.status, re.search(r"/static/networks/desk\.[0-9a-f]+\.css", desk.body.decode()) is None) == (
            200,
            False,
        )
    finally:
        server.end()
