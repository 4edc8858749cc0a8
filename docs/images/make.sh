#!/usr/bin/env bash
# Makes email.png: the demo's email on a phone and on a desk, in light and, further down, in dark.
# Run it after `make demo` has made .venv; it needs Chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
out="$PWD/docs/images/email.png"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

.venv/bin/newsletter demo --dir "$work/demo" --now 2026-03-11T07:30:00Z >"$work/log"

cat >"$work/page.html" <<'HTML'
<!DOCTYPE html>
<style>
body { margin: 0; width: 1200px }
section { display: flex; justify-content: space-between; padding: 36px 40px 0; height: 576px; overflow: hidden }
div { height: 700px; overflow: hidden; box-shadow: 0 1px 4px #0003, 0 12px 40px #0002 }
iframe { border: 0; width: 100%; height: 2400px }
.phone { width: 375px; border-radius: 28px }
.desk { width: 700px; border-radius: 6px }
.light { background: #E4E0D6; color-scheme: light }
.dark { background: #000; color-scheme: dark }
.dark div { box-shadow: 0 0 0 1px #34343A }
.dark .phone iframe { margin-top: -716px }
.dark .desk iframe { margin-top: -556px }
</style>
<section class="light"><div class="phone"><iframe src="demo/preview/email.html"></iframe></div>
<div class="desk"><iframe src="demo/preview/email.html"></iframe></div></section>
<section class="dark"><div class="phone"><iframe src="demo/preview/email.html"></iframe></div>
<div class="desk"><iframe src="demo/preview/email.html"></iframe></div></section>
HTML

chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync \
    --disable-background-networking --disable-component-update --hide-scrollbars \
    --allow-file-access-from-files --user-data-dir="$work/profile" --force-device-scale-factor=1.5 \
    --window-size=1200,1224 --screenshot="$out" "file://$work/page.html" 2>>"$work/log"
