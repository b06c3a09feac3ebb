# SPDX-License-Identifier: Apache-2.0
# Real servers at their work, in the guest; for bash. One line each of what came of it: NAME ok, or why not.
. /run/prepare.sh
. /run/new_code.sh
hush() { echo "+ $*" >>/run/hushed; "$@" >>/run/hushed 2>&1; }
unit_of() {
  case $1 in
    postfix) systemctl cat postfix | grep -q ^ExecStart=/bin/true && echo postfix@- || echo postfix ;;
    postgresql) echo "postgresql@$(ls /etc/postgresql)-main" ;;
    redis) echo redis-server ;;
    php-fpm) ls /etc/php | sed 's/.*/php&-fpm/' ;;
    apache) echo apache2 ;;
    *) echo "$1" ;;
  esac
}

# PORT PATH: the body that a web server answers with.
body_of() {
  exec 3<>/dev/tcp/127.0.0.1/$1 || return
  printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
  sed '1,/^\r*$/d' <&3
  exec 3<&- 3>&-
}

# COMMAND...: tries it for so long as a slow machine may need.
within() {
  for attempt in $(seq 120); do "$@" >/dev/null 2>&1 && return; sleep 0.5; done
  echo "in vain: $*"
  return 1
}

is_delivered() { grep -qs "the $1 letter" /var/mail/tester; }
use_postfix() {
  printf 'Subject: %s\n\nthe %s letter\n' "$1" "$1" |
    timeout 60 sendmail tester
  within is_delivered "$1"
}

answers() { [ "$(body_of "$1" "$2")" = "$3" ]; }
is_another() { [ -s "$1" ] && [ "$(cat "$1")" != "$2" ]; }
use_nginx() {
  answers 80 /page hello || return
  old=$(cat /run/nginx.pid)
  worker=$(pgrep -P "$old" | head -n 1)
  systemctl reload nginx || return
  within sh -c "! kill -0 $worker" && answers 80 /page hello || return
  kill -USR2 "$old"
  within test -s /run/nginx.pid.oldbin && within is_another /run/nginx.pid "$old" || return
  kill -QUIT "$old"
  within sh -c "! kill -0 $old" && within answers 80 /page hello
}
use_php_fpm() { answers 80 /sum.php 42 && systemctl reload "$(unit_of php-fpm)" && within answers 80 /sum.php 42; }
use_apache() { answers 8080 /page hello && systemctl reload apache2 && within answers 8080 /page hello; }

sql() { runuser -u postgres -- psql -Atq -c "$1"; }
use_postgresql() {
  sql 'drop table if exists t' 2>/dev/null
  sql 'create table t as select generate_series(1, 1000) as n' &&
    [ "$(sql 'set max_parallel_workers_per_gather = 2; select sum(n) from t')" = 500500 ]
}
use_redis() {
  [ "$(redis-cli set key "$1")" = OK ] && [ "$(redis-cli eval 'return redis.call("get", "key")' 0)" = "$1" ] &&
    redis-cli bgsave && within sh -c 'redis-cli info persistence | grep -q rdb_bgsave_in_progress:0' &&
    redis-cli info persistence | grep -q rdb_last_bgsave_status:ok
}
use_mariadb() {
  [ "$(mariadb -N -e 'create or replace table mysql.t (n int) engine=innodb;
    insert into mysql.t values (40), (2); select sum(n) from mysql.t')" = 42 ]
}
use_named() { named_answers && rndc reload && within named_answers; }
named_answers() { [ "$(dig +short +time=2 @127.0.0.1 ns.example)" = 127.0.0.1 ]; }

servers="postfix nginx php-fpm apache postgresql redis mariadb named"

# TITLE OPTION...: each server with the drop-in of these options.
try_servers() {
  title=$1
  shift
  for server in $servers; do
    hush sealwax systemd "$@" "$(unit_of $server)"
  done
  systemctl daemon-reload
  for server in $servers; do
    echo "### $title $server $(cut -d. -f1 /proc/uptime)" >>/run/hushed
    unit=$(unit_of $server)
    hush systemctl reset-failed "$unit"
    if ! hush systemctl restart "$unit"; then
      echo "$server does not start"
      hush journalctl -q --no-pager -n 30 -o cat -u "$unit"
    fi
  done
  for server in $servers; do
    unit=$(unit_of $server)
    if ! hush use_$(echo $server | tr - _) "$title"; then
      echo "$server does not work"
      hush journalctl -q --no-pager -n 30 -o cat -u "$unit"
    elif ! hush sealwax systemd --verify --wait 60 "$unit"; then
      echo "$server is not sealed"
    else
      echo "$server ok"
    fi
  done
}

# Services from which people's sessions start keep the system's mounts, and are never closed.
try_sessions() {
  for unit in ssh cron; do
    sealwax systemd --no-new-code --dry-run $unit 2>&1
    echo "$unit $?"
    hush sealwax systemd $unit
  done
  install -d -m 700 -o tester -g tester /home/tester/.ssh
  runuser -u tester -- ssh-keygen -q -t ed25519 -N '' -f /home/tester/.ssh/id
  cp /home/tester/.ssh/id.pub /home/tester/.ssh/authorized_keys
  echo '* * * * * tester echo ran >/tmp/job' >/etc/cron.d/job
  systemctl daemon-reload
  hush systemctl restart ssh cron
  within log_in
  ssh_to_itself id -un
  within test -s /tmp/job && cat /tmp/job
}
ssh_to_itself() {
  runuser -u tester -- ssh -o StrictHostKeyChecking=no -o LogLevel=ERROR -i /home/tester/.ssh/id localhost "$@"
}
log_in() { ssh_to_itself true; }

# What --require costs a unit that cannot be sealed is its start.
echo "=== default"; try_servers default
echo "=== closed"; try_servers closed --no-new-code "$@"
echo "=== sessions"; try_sessions
for file in gain_code code_on_stack libexecutable_stack.so; do install /run/files/$file /usr/local/bin; done
echo 8 >/proc/sys/vm/nr_hugepages
try_attacks tester root
