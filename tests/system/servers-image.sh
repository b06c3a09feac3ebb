# SPDX-License-Identifier: Apache-2.0
# Puts servers into a state in which all can be tried beside each other, in the system below $1.
echo 'root: tester' >"$1/etc/aliases"
chroot "$1" newaliases
sed -i 's/^Listen 80$/Listen 8080/' "$1/etc/apache2/ports.conf"
sed -i 's/:80>/:8080>/' "$1/etc/apache2/sites-available/000-default.conf"
echo hello >"$1/var/www/html/page"
echo '<?php echo 6 * 7;' >"$1/var/www/html/sum.php"
cat >"$1/etc/nginx/sites-available/default" <<END
server {
  listen 80 default_server;
  root /var/www/html;
  location ~ \\.php\$ {
    include snippets/fastcgi-php.conf;
    fastcgi_pass unix:/run/php/php$(ls "$1/etc/php")-fpm.sock;
  }
}
END
echo 'zone "example" { type primary; file "/etc/bind/example"; };' >>"$1/etc/bind/named.conf.local"
printf '%s\n' '$TTL 60' '@ SOA ns root (1 60 60 60 60)' '@ NS ns' 'ns A 127.0.0.1' >"$1/etc/bind/example"
# They are started when it is their turn.
chroot "$1" sh -c 'systemctl disable --quiet postfix nginx postgresql redis-server mariadb apache2 \
  named ssh cron "php$(ls /etc/php)-fpm"'
