"""Names that a project cannot have, as something else has them already."""

# sys.stdlib_module_names of Python 3.12, 3.13 and 3.14 together, without private names: the answer must not depend on
# the Python that runs Cookiecutter. ``test`` is the one package of the standard library that they leave out.
STANDARD_LIBRARY = """
    abc aifc annotationlib antigravity argparse array ast asyncio atexit audioop base64 bdb binascii bisect builtins
    bz2 calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall compression concurrent
    configparser contextlib contextvars copy copyreg cProfile crypt csv ctypes curses dataclasses datetime dbm
    decimal difflib dis doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch
    fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html
    http idlelib imaplib imghdr importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale
    logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis
    nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools
    pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc
    pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select
    selectors shelve shlex shutil signal site smtplib sndhdr socket socketserver spwd sqlite3 sre_compile
    sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig
    syslog tabnanny tarfile telnetlib tempfile termios test textwrap this threading time timeit tkinter token
    tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu
    uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport
    zlib zoneinfo
"""

# What can be imported, or is installed under this name, in a project with every option and all its tools. A project
# of the same name would hide the package, or depend on itself.
PACKAGES = """
    anyio anymail argon2 argon2_cffi argon2_cffi_bindings asgiref ast_serialize asttokens black blackd blib2to3
    boto3 botocore brotli certifi cffi cfgv charset_normalizer click colorama coverage dateutil debug_toolbar
    decorator distlib dj_database_url dj_email_url djade django django_anymail django_cache_url
    django_debug_toolbar django_extensions django_permissions_policy django_storages django_stubs
    django_stubs_ext django_unfold django_watchfiles dotenv environs execnet executing factory factory_boy faker
    filelock gunicorn identify idna iniconfig ipdb ipython ipython_pygments_lexers jedi jmespath librt markupsafe
    marshmallow matplotlib_inline mypy mypy_django_plugin mypy_extensions mypyc nodeenv packaging parso pathspec
    pexpect platformdirs pluggy pre_commit prompt_toolkit psutil psycopg psycopg_binary ptyprocess
    pure_eval py pycparser pygments pytest pytest_cov pytest_django pytest_randomly pytest_xdist python_dateutil
    python_discovery python_dotenv pytokens pyyaml redis requests ruff s3transfer sentry_sdk six sqlparse stack_data
    storages traitlets types_pyyaml typing_extensions tzdata unfold urllib3 uv virtualenv watchfiles wcwidth
    werkzeug whitenoise xdist yaml
"""

# Files and folders that are beside the project's package, or are likely to come there, be it by a tool and named in
# .gitignore. Some file systems do not tell ``Makefile`` from ``makefile``.
FOLDERS = """
    bin build conftest deployment dist dockerfile docs env htmlcov license locale logs makefile manage media
    node_modules requirements static staticfiles templates tests venv
"""

# Words that are no text in YAML, https://yaml.org/type/bool.html, and roles and databases that PostgreSQL has.
WORDS = "false n no none null off on postgres public template0 template1 true y yes"

# Names of devices on Windows: no folder can have them.
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
DEVICES = "aux con nul prn " + " ".join(f"{port}{number}" for port in ("com", "lpt") for number in range(10))

# Name in lower case -> why it is taken.
RESERVED = {
    name.lower(): reason
    for names, reason in (
        (WORDS, "is a reserved word of YAML or PostgreSQL"),
        (DEVICES, "is a device name on Windows, where no folder can have it"),
        (FOLDERS, "is reserved for a file or folder beside the project's package"),
        (PACKAGES, "is a package that the project needs"),
        (STANDARD_LIBRARY, "is a module of Python's standard library"),
    )
    for name in names.split()
}
