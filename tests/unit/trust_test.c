/* SPDX-License-Identifier: MIT */
/*
 * TUF's named attacks, each by file and by http: the client refuses with the
 * right error, keeps what it had, and takes the honest state afterwards.
 */
#include "repo/trust.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/trust/clock.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"
#include "tests/lib/world.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every attack meets a repository that has versions 2 (seen) and 3 (new, honest). */
#define STAMP "metadata/timestamp.json"
#define SNAPSHOT "metadata/3.snapshot.json"
#define TARGETS "metadata/3.targets.json"

static void
sign_by_stranger(struct world *world)
{
	world_sign(world, STAMP, world->stranger);
}

static void
edit_timestamp(struct world *world)
{
	world_edit(world, STAMP, "\"version\": 3", "\"version\": 4");
}

static void
prolong_timestamp(struct world *world)
{
	world_edit(world, STAMP, "\"expires\": \"20", "\"expires\": \"21");
}

static void
drop_signatures(struct world *world)
{
	world_edit(world, STAMP, "\"signatures\"", "\"signaturez\"");
}

static void
show_snapshot_as_timestamp(struct world *world)
{
	world_write(world, STAMP, world_read(world, SNAPSHOT));
}

static void
cut_timestamp(struct world *world)
{
	struct str bytes = world_read(world, STAMP);

	bytes.len /= 2;
	world_write(world, STAMP, bytes);
}

static void
pad(struct world *world, const char *path, size_t length)
{
	struct str bytes = world_read(world, path);
	char *longer = arena_alloc(world->arena, bytes.len + length);

	memset(longer, ' ', bytes.len + length);
	memcpy(longer, bytes.at, bytes.len);
	world_write(world, path, (struct str){ .at = longer, .len = bytes.len + length });
}

static void
pad_timestamp(struct world *world)
{
	pad(world, STAMP, (size_t)1 << 20);
}

static void
pad_snapshot(struct world *world)
{
	pad(world, SNAPSHOT, 1);
}

static void
pad_targets(struct world *world)
{
	pad(world, TARGETS, (size_t)1 << 20);
}

static void
cut_snapshot(struct world *world)
{
	struct str bytes = world_read(world, SNAPSHOT);

	bytes.len--;
	world_write(world, SNAPSHOT, bytes);
}

static void
mix_snapshot(struct world *world)
{
	world_write(world, SNAPSHOT, world_read(world, "metadata/2.snapshot.json"));
}

static void
mix_targets(struct world *world)
{
	world_write(world, TARGETS, world_read(world, "metadata/2.targets.json"));
}

static void
edit_targets(struct world *world)
{
	world_edit(world, TARGETS, "frob-1.1", "frob-9.1");
}

static void
remove_snapshot(struct world *world)
{
	if (unlink(arena_printf(world->arena, "%s/" SNAPSHOT, world->repo)) < 0)
		tap_bail("unlink");
}

static char *
index_path(struct world *world)
{
	struct tuf_document document AUTO(tuf_release) = { 0 };
	struct tuf_file file;
	char hex[DIGEST_HEX_SIZE];

	if (tuf_read(world_read(world, TARGETS), TUF_TARGETS, &document) < 0 ||
		tuf_find_target(&document, TUF_INDEX, &file) < 0)
		tap_bail("%s", err_message());
	return arena_printf(
		world->arena, "targets/%s.index.json", digest_hex(&file.sha256, hex));
}

static void
edit_index(struct world *world)
{
	world_edit(world, index_path(world), "\"version\":\"1.1\"", "\"version\":\"9.1\"");
}

static void
pad_index(struct world *world)
{
	pad(world, index_path(world), 100);
}

static void
forge_root(struct world *world)
{
	world_write(world, "metadata/2.root.json", world_read(world, "metadata/1.root.json"));
	world_edit(world, "metadata/2.root.json", "\"version\": 1", "\"version\": 2");
	world_sign(world, "metadata/2.root.json", world->stranger);
}

/* A whole repository of a stranger's, whose root is signed by itself. */
static void
take_over_root(struct world *world)
{
	const struct publish_keys keys = { world->stranger, world->stranger, world->stranger,
		world->stranger };
	const struct publish_options options = { .now = world->now };
	char *theirs = arena_printf(world->arena, "%s/theirs", world->directory);
	struct str root = { 0 };

	if (publish_init(theirs, &keys, &options) < 0 ||
		file_read(world->arena, AT_FDCWD,
			arena_printf(world->arena, "%s/metadata/1.root.json", theirs),
			(size_t)1 << 20, &root) < 0)
		tap_bail("%s", err_message());
	world_write(world, "metadata/2.root.json", root);
	world_edit(world, "metadata/2.root.json", "\"version\": 1", "\"version\": 2");
	world_sign(world, "metadata/2.root.json", world->stranger);
}

static void
repeat_root(struct world *world)
{
	world_write(world, "metadata/2.root.json", world_read(world, "metadata/1.root.json"));
}

/* Who has the timestamp's key alone names a snapshot that is older than the last. */
static void
name_old_snapshot(struct world *world)
{
	world_edit(world, STAMP, "\"version\": 3\n      }", "\"version\": 1\n      }");
	world_sign(world, STAMP, world->owner);
}

/* Or says what it said before the last time. */
static void
show_old_timestamp(struct world *world)
{
	world_edit(world, STAMP, "\"version\": 3\n  }", "\"version\": 1\n  }");
	world_sign(world, STAMP, world->owner);
}

/* Who has the keys of timestamp and snapshot names older targets. */
static void
name_old_targets(struct world *world)
{
	struct str bytes;
	struct digest digest;
	char text[512];
	json_t *body AUTO(json_release) =
		tuf_new_body(TUF_TIMESTAMP, 3, world->now + WORLD_DAY);
	json_t *meta = NULL;
	struct strbuf signed_text AUTO(strbuf_free) = { 0 };
	const struct key *key = world->owner;
	char hex[DIGEST_HEX_SIZE];

	world_edit(world, SNAPSHOT, "\"version\": 3\n      }", "\"version\": 1\n      }");
	world_sign(world, SNAPSHOT, world->owner);
	bytes = world_read(world, SNAPSHOT);
	digest = hash_bytes(bytes.at, bytes.len);
	snprintf(text, sizeof text,
		"{\"snapshot.json\":{\"version\":3,\"length\":%zu,\"hashes\":{\"sha256\":\"%"
		"s\"}}}",
		bytes.len, digest_hex(&digest, hex));
	if (json_read(str_from(text), &meta) < 0)
		tap_bail("%s", err_message());
	json_object_set_new(body, "meta", meta);
	if (tuf_sign(body, &key, 1, &signed_text) < 0)
		tap_bail("%s", err_message());
	world_write(world, STAMP, strbuf_str(&signed_text));
}

static void
wait_for_expiry(struct world *world)
{
	world->now += 15 * WORLD_DAY;
}

struct attack {
	const char *name;
	void (*run)(struct world *world);
	int expected;
	const char *message; /* a part of the error */
};

static const struct attack attacks[] = {
	{ "TUF attack: arbitrary installation: a timestamp signed by a stranger",
		sign_by_stranger, ERR_SIGNATURE, STAMP },
	{ "a timestamp with another version", edit_timestamp, ERR_SIGNATURE, STAMP },
	{ "a timestamp that lives longer", prolong_timestamp, ERR_SIGNATURE, STAMP },
	{ "bug class 7: no signatures", drop_signatures, ERR_FORMAT, STAMP },
	{ "bug class 7: another role's document", show_snapshot_as_timestamp, ERR_FORMAT,
		STAMP },
	{ "a truncated timestamp", cut_timestamp, ERR_FORMAT, STAMP },
	{ "TUF attack: endless data: timestamp", pad_timestamp, ERR_LIMIT, STAMP },
	{ "TUF attack: endless data: snapshot", pad_snapshot, ERR_DIGEST, SNAPSHOT },
	{ "TUF attack: endless data: targets", pad_targets, ERR_DIGEST, TARGETS },
	{ "TUF attack: endless data: index", pad_index, ERR_DIGEST, "index.json" },
	{ "a truncated snapshot", cut_snapshot, ERR_DIGEST, SNAPSHOT },
	{ "TUF attack: mix-and-match: snapshot", mix_snapshot, ERR_DIGEST, SNAPSHOT },
	{ "TUF attack: mix-and-match: targets", mix_targets, ERR_DIGEST, TARGETS },
	{ "changed targets", edit_targets, ERR_DIGEST, TARGETS },
	{ "TUF attack: extraneous dependencies, wrong software: a changed index", edit_index,
		ERR_DIGEST, "index.json" },
	{ "a missing snapshot", remove_snapshot, ERR_NOT_FOUND, SNAPSHOT },
	{ "TUF attack: key compromise: a root that a stranger made", forge_root, ERR_SIGNATURE,
		"2.root.json" },
	{ "TUF attack: key compromise, malicious mirrors: a stranger's own root",
		take_over_root, ERR_SIGNATURE, "by the old keys" },
	{ "a root that is the one before", repeat_root, ERR_ROLLBACK, "2.root.json" },
	{ "TUF attack, bug class 8: rollback of the timestamp", show_old_timestamp,
		ERR_ROLLBACK, "version 1 is older than version 2" },
	{ "TUF attack, bug class 8: rollback of the snapshot", name_old_snapshot, ERR_ROLLBACK,
		"snapshot version" },
	{ "TUF attack, bug class 8: rollback of the targets", name_old_targets, ERR_ROLLBACK,
		"targets.json" },
	{ "TUF attack, bug class 8: indefinite freeze", wait_for_expiry, ERR_EXPIRED,
		"expired" },
};

/* Keep a copy of the honest metadata, and put it back. */
static void
copy_tree(struct world *world, const char *from, const char *to)
{
	char **names = NULL;
	size_t count = 0;
	int from_dir AUTO(file_close) = -1;
	int to_dir AUTO(file_close) = -1;

	if (file_make_dirs(AT_FDCWD, to, 0755) < 0 ||
		file_open_dir(AT_FDCWD, from, &from_dir) < 0 ||
		file_open_dir(AT_FDCWD, to, &to_dir) < 0 ||
		file_list(world->arena, from_dir, &names, &count) < 0)
		tap_bail("%s", err_message());
	for (size_t i = 0; i < count; i++) {
		struct str bytes = { 0 };

		if (file_read(world->arena, from_dir, names[i], (size_t)16 << 20, &bytes) < 0 ||
			file_replace(to_dir, names[i], bytes.at, bytes.len, 0644) < 0)
			tap_bail("%s", err_message());
	}
}

static void
run_attack(const struct attack *attack, bool is_http)
{
	static const char *const parts[] = { "metadata", "targets" };
	struct world world;
	struct index index = { 0 };
	char *backup;
	char message[1024];
	int ret;

	world_begin(&world, is_http);
	world_publish(&world, "1.1");
	backup = arena_printf(world.arena, "%s/backup", world.directory);
	for (size_t i = 0; i < 2; i++)
		copy_tree(&world, arena_printf(world.arena, "%s/%s", world.repo, parts[i]),
			arena_printf(world.arena, "%s/%s", backup, parts[i]));
	attack->run(&world);
	ret = world_update(&world);
	snprintf(message, sizeof message, "%s", ret < 0 ? err_message() : "no error");
	tap_ok(ret == attack->expected && strstr(message, attack->message) != NULL &&
			strstr(message, "repository main") != NULL,
		"%s, %s: %s", attack->name, is_http ? "http" : "file", message);
	tap_ok(world_state(&world).version == 2 && world_state(&world).package_count == 1 &&
			trust_offers(world.arena, world.trust, "main", TRUST_ALL, NULL,
				&index) == 0 &&
			index.len == 1,
		"nothing was changed by it");
	if (unlink(arena_printf(world.arena, "%s/metadata/2.root.json", world.repo)) < 0 &&
		(attack->run == forge_root || attack->run == take_over_root))
		tap_bail("unlink");
	for (size_t i = 0; i < 2; i++)
		copy_tree(&world, arena_printf(world.arena, "%s/%s", backup, parts[i]),
			arena_printf(world.arena, "%s/%s", world.repo, parts[i]));
	world.now = WORLD_NOW;
	tap_ok(world_update(&world) == 1 && world_state(&world).version == 3,
		"the honest state is taken afterwards");
	world_end(&world);
}

/* The whole repository as it was yesterday. */
static void
test_rollback(bool is_http)
{
	struct world world;
	struct str old;

	world_begin(&world, is_http);
	old = world_read(&world, STAMP);
	world_publish(&world, "1.1");
	tap_ok(world_update(&world) == 1, "a new state is taken");
	tap_ok(world_update(&world) == 0, "it is new only once");
	world_write(&world, STAMP, old);
	tap_ok(world_update(&world) == ERR_ROLLBACK, "TUF attack, bug class 8: rollback: %s",
		err_message());
	tap_is_number((long long)world_state(&world).version, 3, "the new state stays");
	world_end(&world);
}

static void
test_expired_index(void)
{
	struct world world;
	struct trust_options options = { .now = WORLD_NOW + 15 * WORLD_DAY };

	world_begin(&world, false);
	tap_ok(trust_check_fresh(world.trust, "main", &options) == ERR_EXPIRED,
		"TUF attack, bug class 8: indefinite freeze: nothing is installed from expired "
		"metadata: %s",
		err_message());
	options.now = WORLD_NOW;
	tap_ok(trust_check_fresh(world.trust, "main", &options) == 0, "before, it is");
	world_end(&world);
}

/* What it is at the earliest, from an earlier mark. */
static void
test_marks(void)
{
	static const struct {
		const char *name;
		struct clock_mark earlier, now;
		int64_t earliest;
	} rows[] = {
		{ "nothing was ever believed", { 0, "a", 100 }, { 50, "a", 200 }, 0 },
		{ "the same boot goes on, whatever the clock says", { 1000, "a", 100 },
			{ 50, "a", 350 }, 1250 },
		{ "another boot, or machine, tells nothing of the time between",
			{ 1000, "a", 100 }, { 50, "b", 350 }, 1000 },
		{ "nor does one that is not known", { 1000, "", 100 }, { 50, "", 350 }, 1000 },
		{ "a clock that cannot go back did", { 1000, "a", 100 }, { 50, "a", 70 },
			1000 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is_number((long long)clock_earliest(&rows[i].earlier, &rows[i].now),
			(long long)rows[i].earliest, "%s", rows[i].name);
}

/* Who can set the clock back must not make what has expired fresh again. */
static void
test_clock(void)
{
	struct world world;
	int64_t seen = WORLD_NOW + 20 * WORLD_DAY;
	struct trust_options back = { .now = WORLD_NOW };

	world_begin(&world, false);
	world.now = seen;
	world_publish(&world, "1.1");
	tap_ok(world_update(&world) == 1 && world_state(&world).updated >= seen,
		"an update notes its time");
	world.now = WORLD_NOW;
	tap_ok(world_update(&world) == 0 && world_state(&world).updated >= seen,
		"a clock that was set back does not change it");
	tap_ok(trust_check_fresh(world.trust, "main", &back) == 0,
		"and what was signed for that time may be used");
	tap_ok(trust_clock_lag(&(struct trust_repo){ .earliest = seen }, &back) ==
			20 * WORLD_DAY,
		"the clock is behind by so much");
	back.now = seen + 1;
	tap_is_number(
		(long long)trust_clock_lag(&(struct trust_repo){ .earliest = seen }, &back), 0,
		"one that is right is not");
	world_publish(&world, "1.2");
	tap_ok(world_update(&world) == ERR_EXPIRED && world_state(&world).version == 3,
		"TUF attack, bug class 8: indefinite freeze, with the clock set back: %s",
		err_message());
	world.now = seen + 15 * WORLD_DAY;
	tap_ok(world_update(&world) == ERR_EXPIRED && world_state(&world).updated < world.now,
		"a clock that is ahead is believed for nothing: %s", err_message());
	world_publish(&world, "1.3");
	tap_ok(world_update(&world) == 1, "the owner signs again, and all is well");
	world_end(&world);
}

static void
lose_index(struct world *world)
{
	if (rename(arena_printf(world->arena, "%s/targets", world->repo),
		    arena_printf(world->arena, "%s/lost", world->repo)) < 0)
		tap_bail("rename");
}

static void
rotate(struct world *world, struct key *new_key)
{
	struct publish_keys keys = { new_key, new_key, new_key, new_key };
	struct publish_options options = { .now = world->now };
	struct publish_report report;

	if (publish_rotate(world->arena, world->repo, &world->keys, &keys, &options, &report) <
		0)
		tap_bail("%s", err_message());
	world->keys = keys;
}

/* What is signed again has the same packages: they are not fetched, nor written. */
static void
test_signed_again(void)
{
	struct world world;
	struct index index = { 0 };
	struct publish_options options = { .now = WORLD_NOW + WORLD_DAY };
	struct publish_report report;

	world_begin(&world, false);
	if (publish_sign(world.arena, world.repo, &world.keys, &options, &report) < 0)
		tap_bail("%s", err_message());
	lose_index(&world);
	tap_ok(world_update(&world) == 1 && world_state(&world).version == 3 &&
			world_state(&world).package_count == 1,
		"signed again: the index need not come again: %s", err_message());
	tap_ok(trust_offers(world.arena, world.trust, "main", TRUST_ALL, NULL, &index) == 0 &&
			index.len == 1 &&
			trust_contents(world.arena, world.trust, &index.packages[0]) == 0,
		"its packages are there");
	world_end(&world);
	world_begin(&world, false);
	rotate(&world, world.stranger);
	lose_index(&world);
	tap_ok(world_update(&world) < 0, "what withdrawn keys signed is not kept for it: %s",
		err_message());
	world_end(&world);
}

/* The owner's key was stolen: the thief went far ahead, the owner changes the keys. */
static void
test_rotation(bool is_http)
{
	struct world world;
	struct str stolen;

	world_begin(&world, is_http);
	world_publish(&world, "1.1");
	world_edit(&world, STAMP, "\"version\": 3\n", "\"version\": 9\n");
	world_edit(&world, STAMP, "\"version\": 3", "\"version\": 9");
	world_sign(&world, STAMP, world.owner);
	stolen = world_read(&world, STAMP);
	world_write(&world, "metadata/9.snapshot.json", world_read(&world, SNAPSHOT));
	tap_ok(world_update(&world) < 0,
		"TUF attack: key compromise: a snapshot of another version: %s", err_message());
	world_edit(&world, STAMP, "\"version\": 9\n      }", "\"version\": 3\n      }");
	world_sign(&world, STAMP, world.owner);
	stolen = world_read(&world, STAMP);
	tap_ok(world_update(&world) == 1 && world_state(&world).version == 9,
		"fast forward: who has the key can do that");
	world_write(&world, STAMP, world_read(&world, STAMP));
	world_edit(&world, STAMP, "\"version\": 9", "\"version\": 3");
	world_sign(&world, STAMP, world.owner);
	rotate(&world, world.stranger);
	tap_ok(world_update(&world) == 1 && world_state(&world).version == 4 &&
			world_state(&world).root_version == 2,
		"TUF attack: fast-forward: with new keys the client recovers");
	world_write(&world, STAMP, stolen);
	tap_ok(world_update(&world) == ERR_SIGNATURE,
		"TUF attack: key compromise: a key that was withdrawn is worth nothing: %s",
		err_message());
	world_end(&world);
}

/* The thief published for a while, so that every version went ahead of the owner's own. */
static void
test_fast_forward(void)
{
	static const char *const roles[] = { "snapshot", "targets" };
	struct world world;
	struct str stamp;

	world_begin(&world, false);
	world_publish(&world, "1.1");
	stamp = world_read(&world, STAMP);
	world_publish(&world, "1.2");
	world_publish(&world, "1.3");
	tap_ok(world_update(&world) == 1 && world_state(&world).version == 5,
		"fast forward of all documents: %s", err_message());
	for (int version = 4; version <= 5; version++)
		for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
			unlink(arena_printf(world.arena, "%s/metadata/%d.%s.json", world.repo,
				version, roles[i]));
	world_write(&world, STAMP, stamp);
	tap_ok(world_update(&world) == ERR_ROLLBACK,
		"TUF attack: fast-forward: the owner cannot just go back: %s", err_message());
	rotate(&world, world.stranger);
	tap_ok(world_update(&world) == 1 && world_state(&world).version == 4,
		"TUF attack: fast-forward: with new keys he can: %s", err_message());
	world_end(&world);
}

/* A client that missed several rotations walks through all of them. */
static void
test_root_chain(void)
{
	struct world world;
	struct key *first;

	world_begin(&world, false);
	first = world.owner;
	rotate(&world, world.stranger);
	rotate(&world, first);
	rotate(&world, world.stranger);
	tap_ok(world_update(&world) == 1 && world_state(&world).root_version == 4,
		"three new roots are followed at once");
	world_end(&world);
}

static struct trust_package
first_package(struct world *world)
{
	struct index *index = ARENA_NEW(world->arena, struct index);

	if (trust_offers(world->arena, world->trust, "main", TRUST_ALL, NULL, index) < 0)
		tap_bail("%s", err_message());
	return (struct trust_package){ .repo = "main", .package = &index->packages[0] };
}

static int
fetch_package(struct world *world, struct trust_package *package)
{
	struct trust_options options = { .now = world->now };
	int directory AUTO(file_close) = -1;

	TRY(file_open_dir(AT_FDCWD, world->directory, &directory));
	return trust_fetch(world->trust, &options, directory, package, 1);
}

static void
test_fetch(bool is_http)
{
	struct world world;
	struct trust_package package;
	struct stat info = { 0 };
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];
	char *path;
	struct str honest;
	struct str bad;

	world_begin(&world, is_http);
	package = first_package(&world);
	path = arena_printf(world.arena, "targets/%s.%s",
		digest_hex(&package.package->sha256, hex), package.package->file);
	honest = world_read(&world, path);
	tap_ok(fetch_package(&world, &package) == 0, "a package is fetched, %s",
		is_http ? "http" : "file");
	tap_ok(fstat(package.ret_fd, &info) == 0 && info.st_nlink == 0,
		"bug class 5: into a file without a name");
	tap_ok(hash_file(package.ret_fd, &digest) == 0 &&
			digest_equal(&digest, &package.package->sha256) &&
			lseek(package.ret_fd, 0, SEEK_CUR) == 0,
		"that is what was signed");
	file_close(&package.ret_fd);
	bad = (struct str){ .at = arena_copy(world.arena, honest.at, honest.len),
		.len = honest.len };
	((char *)bad.at)[bad.len / 2] ^= 1;
	world_write(&world, path, bad);
	tap_ok(fetch_package(&world, &package) == ERR_DIGEST && package.ret_fd == -1,
		"TUF attack: arbitrary installation: %s", err_message());
	bad = (struct str){ .at = honest.at, .len = honest.len - 1 };
	world_write(&world, path, bad);
	tap_ok(fetch_package(&world, &package) == ERR_DIGEST, "truncated: %s", err_message());
	pad(&world, path, 1000);
	tap_ok(fetch_package(&world, &package) == ERR_LIMIT,
		"TUF attack: endless data: a package: %s", err_message());
	if (unlink(arena_printf(world.arena, "%s/%s", world.repo, path)) < 0)
		tap_bail("unlink");
	tap_ok(fetch_package(&world, &package) == ERR_NOT_FOUND, "missing: %s", err_message());
	world_end(&world);
}

static void
test_repositories(void)
{
	struct world world;
	struct str root;
	struct str edited;
	struct trust_repo *repos = NULL;
	size_t count = 0;

	world_begin(&world, false);
	root = world_read(&world, "metadata/1.root.json");
	tap_ok(trust_add(world.trust, "main", "https://a.example/", root) == ERR_EXISTS,
		"a name is given once: %s", err_message());
	tap_ok(trust_add(world.trust, "Main!", "https://a.example/", root) == ERR_FORMAT,
		"a name is a name");
	tap_ok(trust_add(world.trust, "b", "ftp://a.example/", root) == ERR_FORMAT,
		"a URL is one that can be fetched");
	tap_ok(trust_add(world.trust, "b", "http://a.example/x y", root) == ERR_FORMAT,
		"bug class 6: without spaces or line ends");
	tap_ok(trust_add(world.trust, "b", "http://a.example/",
		       world_read(&world, "metadata/2.targets.json")) == ERR_FORMAT,
		"root metadata, no other: %s", err_message());
	world_write(&world, "edited", root);
	world_edit(&world, "edited", "\"expires\": \"20", "\"expires\": \"21");
	edited = world_read(&world, "edited");
	tap_ok(trust_add(world.trust, "b", "http://a.example/", edited) == ERR_SIGNATURE,
		"that signs itself: %s", err_message());
	tap_ok(trust_add(world.trust, "b", "https://a.example/r//", root) == 0, "a second one");
	tap_ok(trust_set_priority(world.trust, "b", 5) == 0 &&
			trust_set_enabled(world.trust, "b", false) == 0,
		"is changed");
	tap_ok(trust_list(world.arena, world.trust, &repos, &count) == 0 && count == 2,
		"both are listed");
	tap_is_string(repos[0].name, "b", "the preferred one first");
	tap_is_string(repos[0].url, "https://a.example/r", "without slashes behind");
	tap_ok(!repos[0].is_enabled && repos[0].priority == 5 && repos[0].version == 0,
		"as it was changed");
	tap_ok(trust_remove(world.trust, "b") == 0 && world_state(&world).version == 2,
		"and removed");
	tap_ok(trust_remove(world.trust, "b") == ERR_NOT_FOUND, "once: %s", err_message());
	tap_ok(trust_update(world.trust, "b", NULL) == ERR_NOT_FOUND, "nothing to update");
	world_end(&world);
}

int
main(void)
{
	for (int is_http = 0; is_http < 2; is_http++) {
		for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
			run_attack(&attacks[i], is_http != 0);
		test_rollback(is_http != 0);
		test_rotation(is_http != 0);
		test_fetch(is_http != 0);
	}
	test_expired_index();
	test_marks();
	test_clock();
	test_signed_again();
	test_fast_forward();
	test_root_chain();
	test_repositories();
	return tap_done();
}
