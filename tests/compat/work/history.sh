# SPDX-License-Identifier: Apache-2.0
# Work for the git scenario: a history with branches, a merge, packing, a clone, and its check.
set -eu
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=C
export GIT_COMMITTER_EMAIL=c@example.org GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'

git init -q -b trunk origin
cd origin
for file in $(seq 300); do
  mkdir -p "folder$((file % 10))"
  seq "$file" $((file + 2000)) >"folder$((file % 10))/file$file"
done
git add .
git commit -q -m first
for change in $(seq 10); do
  seq "$change" >>"folder$((change % 10))/file$change"
  git commit -q -a -m "change $change"
done
git checkout -q -b side HEAD~5
echo side >side
git add side
git commit -q -m side
git checkout -q trunk
git merge -q -m merged side
git gc -q --aggressive --prune=now
git count-objects -v | sed -n '/^in-pack/p;/^packs/p;/^count/p'
git log --oneline | wc -l
git rev-parse HEAD
git diff --stat HEAD~3 | tail -n 1

cd ..
git clone -q --no-hardlinks origin copy
git clone -q "file://$PWD/origin" transported
cd transported
git fsck --strict --full
git rev-parse HEAD
git grep -c 1999 | wc -l
git blame -s folder1/file1 | tail -n 1
git archive HEAD | sha256sum
