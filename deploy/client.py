"""The client of the register out of the document of this checkout: ``python -m deploy.client``, at set-up.

The two files that it writes are in no repository: they say again what the document says.
"""

from pathlib import Path

from api.app import describe
from api.described.older import older
from api.services import AS_DOCUMENTED
from consumers.client import generate


def main() -> None:
    generate.write(older(describe(AS_DOCUMENTED)), Path(generate.__file__).parent)


if __name__ == "__main__":
    main()
