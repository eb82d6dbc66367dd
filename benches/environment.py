"""The Python environment in which benchmarks measure others: made once, beside the files that they write.

A script hands its own name, the folder that it was given and what it does there to `run`. That makes a virtual environment in the
folder, installs from PyPI what is measured, and runs the script once more in it. It leaves with 3 where that can't be had.
"""

import pathlib
import subprocess
import sys

PACKAGES = ["numpy", "trueppm-scheduler==0.4.0rc2"]


def run(script, measure):
    """Calls `measure` with the folder, inside of the environment; gives the exit status."""
    folder = pathlib.Path(sys.argv[1])
    if "--inside" in sys.argv:
        measure(folder)
        return 0
    python = folder / "venv" / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        subprocess.run(install, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"what is to be measured can't be installed: {error}", file=sys.stderr)
        return 3
    return subprocess.run([str(python), "-B", script, str(folder), "--inside"]).returncode
