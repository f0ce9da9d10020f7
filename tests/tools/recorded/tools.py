"""Compilers, version control, packagers, downloads and other tools of the command line."""

from tests.tools.recorded.source import Source, shell

REPOSITORY = """
git init -q -b main shop && cd shop
commit() { GIT_COMMITTER_DATE="2026-03-0$1T10:00:00Z" git commit -q --date "2026-03-0$1T10:00:00Z" -am "$2"; }
for n in $(seq 40); do echo "row $n of the price list"; done > prices.txt
printf 'def total(prices):\\n\\treturn sum(prices)\\n' > shop.py
git add . && commit 1 'Begin a shop'
git switch -q -c tax && sed -i 's/return sum/return 1.19 * sum/' shop.py && commit 2 'Add the tax'
git switch -q main && sed -i '7,9d;20s/row/line/' prices.txt && commit 3 'Drop three prices'
git merge -q --no-edit tax && printf '# 価格 für Café\\n' >> shop.py && commit 4 'Name it 価格'
git tag v1
"""

MATHS = """
mkdir maths && cd maths
printf '#include <stdio.h>\\nint add(int a, int b);\\n' > main.c
printf 'int main(void) { printf("%%d\\\\n", add(1, 2)); return 0; }\\n' >> main.c
printf 'int add(int a, int b) { int unused; return a + b; }\\n' > add.c
"""

WRONG = """
printf 'int main(void) {\\n\\tint x = "text";\\n\\tretrun y + x\\n}\\n' > w.c
"""

# Random bytes do not shrink.
FILES = 'mkdir files; for n in 1 2 3 4 5; do head -c $((n * 300000)) /dev/urandom > "files/part-$n.bin"; done\n'

PACKAGE = """
mkdir -p greet/DEBIAN greet/usr/share/greet root/var/lib/dpkg/{info,updates,triggers}
touch root/var/lib/dpkg/{status,available}
printf '%s\\n' 'Package: greet' 'Version: 1.2' 'Architecture: all' 'Maintainer: A User <user@example.org>' \\
    'Description: says hello' > greet/DEBIAN/control
echo hello > greet/usr/share/greet/hello
mkdir repository; dpkg-deb --build greet repository/greet_1.2_all.deb > built
"""

APT = f"""
{PACKAGE}
(cd repository && dpkg-scanpackages . 2> /dev/null > Packages && gzip -k Packages)
mkdir -p apt/{{lists,cache}}/partial apt/etc/preferences.d
echo "deb [trusted=yes] file:/tmp/demo/work/repository ./" > sources.list
options=(-o Dir::Etc=/tmp/demo/work/apt/etc -o Dir::Etc::SourceList=/tmp/demo/work/sources.list
    -o Dir::State::Lists=/tmp/demo/work/apt/lists -o Dir::Cache=/tmp/demo/work/apt/cache -o APT::Sandbox::User=
    -o Dir::State::Status=/tmp/demo/work/root/var/lib/dpkg/status -o Dir::State=/tmp/demo/work/apt
    -o Dir::Log=/tmp/demo/work/apt -o Debug::NoLocking=1 -o DPkg::Options::=--root=/tmp/demo/work/root
    -o DPkg::Options::=--force-not-root -o APT::Architecture=amd64 -o DPkg::Post-Invoke::= -o DPkg::Pre-Install-Pkgs::=)
"""

TOOLS: dict[str, Source] = {
    "git-log-graph": shell(f"{REPOSITORY} git --no-pager log --graph --color --decorate --stat", "git", pty=False),
    "git-diff": shell(f"{REPOSITORY} git --no-pager diff --color tax main", "git", pty=False),
    "git-word-diff": shell(f"{REPOSITORY} git --no-pager diff --color --word-diff tax main", "git"),
    "git-status": shell(f"{REPOSITORY} echo >> shop.py; touch new.txt; git mv prices.txt old.txt; git status", "git"),
    "git-clone": shell(f"{REPOSITORY} git clone --progress file:///tmp/demo/work/shop ../copy", "git", pty=False),
    "git-push": shell(
        f"{REPOSITORY} git init -q --bare ../there.git\n"
        "cat > ../there.git/hooks/post-receive <<'END'\n"
        "#!/bin/sh\nfor n in 25 50 75 100; do printf 'deploy %s%%\\r' $n; sleep 0.1; done; echo\nEND\n"
        "chmod +x ../there.git/hooks/post-receive\n"
        "git push --progress ../there.git main tax",
        "git",
    ),
    "git-grep": shell(f"{REPOSITORY} git --no-pager grep -n --color --heading --break -e total -e 格", "git"),
    "gcc-errors": shell(f"{WRONG} gcc -Wall -fdiagnostics-color=always -c w.c", "gcc", pty=False),
    "gcc-links": shell(
        f"{WRONG} gcc -Wall -fdiagnostics-color=always -fdiagnostics-urls=always -c w.c 2>&1 | head -14",
        "gcc",
        pty=False,
    ),
    "gcc-wrapped-links": shell(
        f"{WRONG} gcc -Wall -fmessage-length=100 -fdiagnostics-color=always -fdiagnostics-urls=always -c w.c",
        "gcc",
        pty=False,
    ),
    "g++-templates": shell(
        "printf '#include <map>\\nstd::map<int, int> m;\\nint f() { return m[\"five\"] + missing; }\\n' > wrong.cc\n"
        "g++ -fdiagnostics-color=always -c wrong.cc 2>&1 | grep -v /usr | cut -c 1-400 | fold -w 110",
        "g++",
        pty=False,
    ),
    "make-parallel": shell(
        f"{MATHS}"
        "printf 'all: maths\\nmaths: main.o add.o\\n\\t$(CC) -o $@ $^\\n%%.o: %%.c\\n\\t$(CC) -Wall -c $<\\n"
        "check: all\\n\\t./maths\\n\\tfalse\\n' > Makefile; make -j2 check",
        "make",
        "gcc",
    ),
    "cmake-build": shell(
        f"{MATHS}"
        "printf 'cmake_minimum_required(VERSION 3.10)\\nproject(maths C)\\nadd_executable(maths main.c add.c)\\n'"
        " > CMakeLists.txt; cmake -B build | grep -v /usr && cmake --build build --verbose | grep -v /usr;"
        " touch main.c; cmake --build build",
        "cmake",
        "gcc",
    ),
    "ninja-build": shell(
        f"{MATHS}"
        "printf 'rule cc\\n  command = sleep 0.2; gcc -c $in -o $out\\n  description = CC $out\\n' > build.ninja\n"
        "for n in 1 2 3 4 5 6; do printf 'build add%s.o: cc add.c\\n' $n >> build.ninja; done; ninja -j2",
        "ninja",
        "gcc",
    ),
    "cargo-build": shell(
        "cargo new -q --vcs none hello && cd hello && stty cols 100\n"
        "printf 'pub fn add(a: i32) -> i32 { let b; a }\\n' > src/lib.rs; cargo build\n"
        'echo > src/lib.rs; printf \'fn main() { let s: u8 = "é 中"; println!("{s}") }\\n\' > src/main.rs; cargo build',
        "cargo",
    ),
    "npm-install": shell(
        'mkdir one two && printf \'{"name":"one","version":"1.0.0"}\' > one/package.json\n'
        'cd two && printf \'{"name":"two","version":"1.0.0","scripts":{"test":"echo two tests; exit 3"}}\''
        " > package.json; npm install --no-audit --no-fund --offline ../one; npm test; npm ls --color=always",
        "npm",
    ),
    "node-inspect": shell(
        "cat > demo.js <<'END'\n"
        "console.log(new Map([['a', [1, 2n, 'text', null]], ['日本', {deep: {er: {still: 1}}, f() {}}]]));\n"
        "console.table([{name: 'left', value: 1}, {name: 'right', value: true}]);\n"
        "console.error(new RangeError('out of it').message);\n"
        "END\n"
        "node demo.js",
        "node",
    ),
    "node-readline": shell(
        "cat > demo.js <<'END'\n"
        "const readline = require('readline');\n"
        "let n = 0;\n"
        "const timer = setInterval(() => {\n"
        "  readline.clearLine(process.stdout, 0); readline.cursorTo(process.stdout, 0);\n"
        "  process.stdout.write(`bundling ${'.'.repeat(n % 4)} ${n} modules`);\n"
        "  if (++n > 12) { clearInterval(timer); readline.moveCursor(process.stdout, -8, 0);\n"
        "    readline.clearLine(process.stdout, 1); process.stdout.write('done\\n'); }\n"
        "}, 50);\n"
        "END\n"
        "node demo.js",
        "node",
    ),
    "apt-update": shell(f"{APT} apt-get update ${{options[@]}}", "apt-get", "dpkg-scanpackages"),
    "apt-install": shell(
        f"{APT} apt-get update -qq ${{options[@]}} > apt/log\napt-get install -y ${{options[@]}} greet",
        "apt-get",
        "dpkg-scanpackages",
    ),
    "apt-fancy": shell(
        f"{APT} apt-get update -qq ${{options[@]}} > apt/log\n"
        "apt-get install -y ${options[@]} -o Dpkg::Progress-Fancy=1 greet",
        "apt-get",
        "dpkg-scanpackages",
    ),
    "apt-fancy-long": shell(
        f"{APT}\n"
        'for n in $(seq 14); do sed -i "s/^Package:.*/Package: greet$n/" greet/DEBIAN/control;'
        " mv greet/usr/share/greet* greet/usr/share/greet$n;"
        " dpkg-deb --build greet repository/greet${n}_1.2_all.deb; done > built\n"
        "(cd repository; rm Packages*; dpkg-scanpackages . 2> /dev/null > Packages; gzip -k Packages)\n"
        "apt-get update -qq ${options[@]} > apt/log\n"
        "apt-get install -y ${options[@]} -o Dpkg::Progress-Fancy=1 greet{1..14}",
        "apt-get",
        "dpkg-scanpackages",
    ),
    "dpkg": shell(
        f"{PACKAGE} dpkg --force-not-root --root=root -i repository/greet_1.2_all.deb; dpkg --root=root -l;"
        "dpkg --force-not-root --root=root -r greet; dpkg --root=root -s nothing",
        "dpkg",
        "dpkg-deb",
    ),
    "wget-bar": shell(
        f"{FILES} serve files; stty cols 100\nwget http://127.0.0.1:8765/part-4.bin http://127.0.0.1:8765/part-1.bin",
        "wget",
    ),
    "wget-dots": shell(
        f"{FILES} serve files; wget --progress=dot:binary http://127.0.0.1:8765/part-2.bin", "wget", pty=False
    ),
    "wget-bar-pipe": shell(
        f"{FILES} serve files; wget --progress=bar:force:noscroll http://127.0.0.1:8765/part-3.bin",
        "wget",
        pty=False,
    ),
    "curl-meter": shell(f"{FILES} serve files; curl -O http://127.0.0.1:8765/part-5.bin", "curl", pty=False),
    "curl-bar": shell(
        f"{FILES} serve files; export COLUMNS=90; curl -# -O http://127.0.0.1:8765/part-4.bin;"
        "curl http://127.0.0.1:8766",
        "curl",
    ),
    "dd": shell("(for n in 1 2 3 4 5; do head -c 3000000 /dev/zero; sleep 0.6; done) | dd status=progress of=zeros"),
    "tar": shell(
        f"{FILES} tar --checkpoint=100 --checkpoint-action=dot -cf all.tar files;"
        "tar --checkpoint=200 -tvf all.tar --numeric-owner; mkdir x; tar -C x -xvf all.tar --totals",
    ),
    "rsync": shell(
        f"{FILES} rsync -a --progress --bwlimit=3000 files/ there/; rsync -a --info=progress2 files/ again/",
        "rsync",
    ),
    "pv": shell(
        f"{FILES} stty cols 90; pv -L 2m files/part-4.bin > copy; cat files/* | pv -tbr -L 4m -N stream > copy", "pv"
    ),
    "tree": shell(f"{FILES} mkdir -p files/a/b files/c; ln -s ../part-1.bin files/c/link; tree -C --du files", "tree"),
    "ls": shell(
        f"{FILES} cd files; mkdir folder 'with blank'; ln -s part-1.bin link; ln -s nowhere broken;"
        " touch -- 日本語 $'a\\tb';"
        "chmod +x part-1.bin; ls --color=always --hyperlink=never -F; ls --color -lgG --time-style=+",
    ),
    "ls-hyperlinks": shell(
        f'{FILES} cd files; ls --hyperlink=always -C --color=always | sed "s/file:..[^/]*/file:\\/\\//g"', pty=False
    ),
    "grep": shell(f"{REPOSITORY} grep -rn --color=always --exclude-dir=.git -e 3 -e tot . | head -40", pty=False),
    "diff": shell(
        f"{REPOSITORY} git show tax:shop.py > tax.py; diff --color=always -u --label a --label b tax.py shop.py"
    ),
    "xz": shell(
        f"{FILES} cat files/* files/* > all; xz -v -6e -T1 all; zstd -v --progress -19 files/part-5.bin", "xz", "zstd"
    ),
    "mke2fs": shell(
        "/usr/sbin/mke2fs -F -t ext4 -N 4000 image 60M; /usr/sbin/e2fsck -f -C 0 image;"
        "/usr/sbin/badblocks -sv -b 4096 image 2000",
        "/usr/sbin/mke2fs",
    ),
    "openssl": shell("openssl dhparam 512 2>&1 | fold -w 100; openssl prime -generate -bits 64", "openssl"),
    "ssh-keygen": shell("ssh-keygen -t ed25519 -N '' -C a@b -f key", "ssh-keygen"),
    "man": shell(
        "printf '.TH DEMO 1\\n.SH NAME\\ndemo \\\\- \\\\fBbold\\\\fP and \\\\fIunderlined\\\\fP words\\n' > demo.1\n"
        "man -P cat ./demo.1; GROFF_NO_SGR=1 groff -man -Tutf8 demo.1 | cat",
        "man",
        "groff",
    ),
    "less": shell(
        "seq -f 'row %g of many' 70 > many.txt; less many.txt; echo left",
        "less",
        answers=((b"many.txt", b" "), (b"70", b"q")),
    ),
    "jq": shell(
        """echo '{"name": "日本", "list": [1, 2.5, null, true, {"deep": "\\u0065\\u0301"}]}' | jq -C .""",
        "jq",
        pty=False,
    ),
    "sqlite": shell(
        "sqlite3 -box demo.db \"create table t(name, n); insert into t values ('é', 1), ('日本', 22);"
        ' select * from t";'
        "sqlite3 -table demo.db 'select *, n * n as square from t'; sqlite3 demo.db 'selec'",
        "sqlite3",
    ),
    "bash-session": shell(
        "export PS1='\\[\\e]0;demo\\a\\e[32m\\]user\\[\\e[m\\]$ '; bash --norc --noprofile -i",
        answers=(
            (b"\x1b[m$ ", b"echo fist\x1b[D\x1b[Dr\n"),
            (
                b"\x1b[m$ ",
                b"echo a long line that is\x01\x1b[3~\x1b[3~prin\t\x05\x15echo \xe4\xb8\xad\xe6\x96\x87\x7f!\n",
            ),
            (b"\x1b[m$ ", b"false | \x03"),
            (b"\x1b[m$ ", b"\x12fir\x05 again\n"),
            (b"\x1b[m$ ", b"exit\n"),
        ),
    ),
    "bash-trace": shell(
        "PS4=$'+\\e[33m $LINENO \\e[m'; set -x; for n in 1 2; do echo $((n * n)); done; time sleep 0.1; nothing-there"
    ),
    "script": shell(
        "script -qec 'printf \"in a terminal of its own\\n\\tcolumn\\n\"; mkdir new; ls --color -1' /dev/null",
        "script",
    ),
    "perl": shell(
        'perl -e \'$| = 1; for (1..20) { printf "\\r%3d%% [%-20s]", $_ * 5, "=" x $_;'
        " select(undef, undef, undef, 0.02) }"
        ' print "\\n"; warn "careful"; die {}\'',
        "perl",
    ),
    "java": shell(
        "printf 'class Demo {\\n\\tstatic void f(int n) {\\n"
        '\\t\\tif (n == 0) throw new IllegalStateException("日本");\\n'
        "\\t\\tf(n - 1);\\n\\t}"
        '\\n\\tpublic static void main(String[] a) { int x = ""; f(3); } }\\n\' > Demo.java; javac Demo.java;'
        "sed -i 's/int x = \"\";//' Demo.java; javac Demo.java && java -Dstdout.encoding=UTF-8 Demo",
        "javac",
    ),
    "gdb": shell(
        f"{MATHS} gcc -g *.c -o maths; gdb -q -batch -ex 'break add' -ex run -ex bt -ex 'info locals' maths"
        " | grep -v lib",
        "gdb",
        "gcc",
    ),
    "tput": shell(
        "printf 'one\\ntwo\\nthree\\n'; tput cuu1; tput cuf 6; printf late; tput sc; tput cuu 2; tput hpa 20;"
        " tput smso;"
        " printf far; tput rmso; tput rc; printf '!\\n'; tput setaf 1; tput bold; printf 'abcdef'; tput cub 3;"
        " tput dch 1;"
        " tput ich 2; tput sgr0; tput el; tput rep 2> over; printf '\\n'",
        "tput",
    ),
}
