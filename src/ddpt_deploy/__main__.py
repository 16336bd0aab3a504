"""``python3 -m ddpt_deploy COMMAND``; ``make`` in the folder deployment/ says it shorter."""

import sys

from ddpt_deploy.cli.main import main

sys.exit(main(sys.argv[1:]))
