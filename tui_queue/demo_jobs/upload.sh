#!/bin/sh
# A job of `tui-queue demo`: fails in its first two attempts, as a server that is busy, and sends nothing.
echo "Uploading ${1:-report.pdf}"
sleep 2
if [ "${TUI_QUEUE_ATTEMPT:-1}" -lt 3 ]; then
    echo "HTTP 503: the server is busy" >&2
    exit 75
fi
echo "Uploaded"
