-- SPDX-License-Identifier: Apache-2.0
-- Work for the sqlite3 scenario: bulk inserts, an index, windows, recursion, JSON, full text, vacuum.
pragma journal_mode = wal;
create table sales (day integer, shop text, amount integer);
with recursive days(day) as (select 1 union all select day + 1 from days where day < 50000)
insert into sales select day, 'shop ' || (day % 7), (day * 7919) % 1000 from days;
create index by_shop on sales (shop, day);
select shop, count(*), sum(amount) from sales group by shop order by shop;
select day, total from (
  select day, sum(amount) over (partition by shop order by day rows 100 preceding) as total from sales
) order by total desc, day limit 3;
select count(*) from sales a join sales b on a.day = b.day + 7 and a.shop = b.shop;
select json_extract('{"a": [1, {"b": "found"}]}', '$.a[1].b');
create virtual table texts using fts5 (body);
insert into texts select 'word' || (day % 100) || ' and word' || (day % 77) from sales;
select count(*) from texts where texts match 'word5 AND word6';
delete from sales where day % 2 = 0;
vacuum;
pragma integrity_check;
select count(*), round(avg(amount), 2) from sales;
