#!/bin/sh
# Prints the path of a Python that can make this project's .venv: 3.11 or newer, with the venv module.
# Prints why not on stderr, and fails, when there is none. Every candidate is run, since a name on
# the PATH may be a shim for a version that is not there.
usable='import sys
if sys.version_info < (3, 11): sys.exit(3)
try:
    import ensurepip, venv
except ImportError:
    sys.exit(4)
print(sys.executable)'

without_venv=
too_old=
for name in ${PYTHON:+"$PYTHON"} python3.14 python3.13 python3.12 python3.11 python3 python; do
    found=$(command -v "$name" 2>/dev/null) || continue
    # An activated .venv is what is being made, not what makes it.
    case $found in "$PWD"/.venv/*) continue ;; esac
    path=$("$found" -I -c "$usable" 2>/dev/null) && [ -n "$path" ] && { printf '%s\n' "$path"; exit 0; }
    case $? in
        3) too_old=$name ;;
        4) without_venv=$name ;;
    esac
done

if [ -n "$without_venv" ]; then
    version=$("$without_venv" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "Python $version is here ($without_venv), but not its venv module, which the workbook needs." >&2
    echo "On Debian and Ubuntu, install it with: apt-get install python$version-venv" >&2
elif [ -n "$too_old" ]; then
    echo "The workbook needs Python 3.11 or newer; $too_old on this machine is older." >&2
    echo "Install a newer one, or name it: make setup PYTHON=/path/to/python3" >&2
else
    echo "The workbook needs Python 3.11 or newer, and found none (tried python3.14 to python3.11, python3, python)." >&2
    echo "Install one, or name it: make setup PYTHON=/path/to/python3" >&2
fi
exit 1
