#!/bin/sh
# Report the host, the time and the disk use of the directory of this script.
set -eu

if [ $# -ne 1 ] || [ -z "$1" ]; then
    echo "Usage: report.sh NAME  (one name, not empty)" >&2
    exit 2
fi
directory=$(dirname -- "$0")

echo "Host: $(uname -n)"
echo "Date: $(date)"
echo "Disk use in KiB: $(du -sk -- "$directory" | cut -f 1)"
printf 'Report %s done\n' "$1"
