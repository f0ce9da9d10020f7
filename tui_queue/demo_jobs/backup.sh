#!/bin/sh
# A job of `tui-queue demo`: names the directories of a backup, and copies nothing.
for directory in documents pictures projects mail; do
    echo "copying $directory"
    sleep 1
done
echo "4 directories, 0 errors"
