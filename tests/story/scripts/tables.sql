-- What sqlite3 is asked in the audit's test: a little of everything.
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL, tag TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO item SELECT i, printf('item-%06d', (i * 7919) % 100003), (i * 37 % 10007) / 7.0,
	char(97 + i % 26) FROM n;
CREATE INDEX item_name ON item(name);
CREATE VIEW cheap AS SELECT * FROM item WHERE price < 100;
CREATE TRIGGER renamed AFTER UPDATE ON item BEGIN SELECT count(*) FROM cheap; END;
ANALYZE;
SELECT tag, count(*), round(total(price), 3), group_concat(id % 7) FROM item GROUP BY tag ORDER BY 2 DESC;
SELECT a.tag, max(b.price) FROM item a LEFT JOIN item b ON a.id = b.id + 1 GROUP BY 1 HAVING a.tag > 'c';
SELECT id, row_number() OVER (PARTITION BY tag ORDER BY price) FROM item LIMIT 20;
SELECT json_group_array(name), json_extract('{"a":[1,2]}', '$.a[1]') FROM (SELECT name FROM item LIMIT 3);
SELECT date('2024-02-29', '+1 year'), strftime('%s', 'now') > 0, hex(zeroblob(3)), 'abc' LIKE 'A%', 'x' GLOB '*';
UPDATE item SET price = price * 2 WHERE id % 3 = 0;
DELETE FROM item WHERE id BETWEEN 100 AND 200;
CREATE VIRTUAL TABLE words USING fts5(body);
INSERT INTO words VALUES ('the quick brown fox'), ('jumps over the lazy dog');
SELECT snippet(words, 0, '[', ']', '...', 3) FROM words WHERE words MATCH 'quick OR lazy';
CREATE VIRTUAL TABLE boxes USING rtree(id, x1, x2, y1, y2);
INSERT INTO boxes VALUES (1, 0, 1, 0, 1), (2, 5, 6, 5, 6);
SELECT id FROM boxes WHERE x1 > 2;
SAVEPOINT a; INSERT INTO item(name) VALUES ('gone'); ROLLBACK TO a; RELEASE a;
VACUUM;
PRAGMA integrity_check;
.mode json
SELECT * FROM item LIMIT 2;
.mode box
SELECT * FROM item LIMIT 2;
.schema
.dump words
