# SPDX-License-Identifier: Apache-2.0
# Work for the shell scenario: bash's own loops and many small programs in pipelines.
set -eu
declare -A squares
for number in {1..2000}; do squares[$number]=$((number * number)); done
echo "squares ${#squares[@]} ${squares[1999]}"
diff <(seq 10) <(seq 1 10) && echo "process substitution"
coproc sort -r
printf '%s\n' a c b >&"${COPROC[1]}"
exec {COPROC[1]}>&-
echo "coproc $(tr '\n' ' ' <&"${COPROC[0]}")"
for size in 10 100 1000; do seq $size | awk '{ sum += $1 } END { print "awk", sum }'; done
seq 20000 | sed 's/1/one/g' | grep -c one
for file in $(seq 50); do seq "$file" 1000 >"file$file"; done
find . -name 'file*' -print0 | xargs -0 sha256sum | sort | sha256sum
tar -c file* | gzip -9 | gunzip | tar -t | wc -l
printf 'gr\303\274n\n' | iconv -f UTF-8 -t ISO-8859-1 | od -An -tx1
echo "id $(id -un 0)"
(exit 3) || echo "status $?"
kill -s TERM $BASHPID & wait $! || echo "killed $?"
