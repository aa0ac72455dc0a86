/* SPDX-License-Identifier: MIT */
/*
 * Reach: what a program can get to through calls, slots, copies, tables and pointers, and the way
 * that is told. Images are a few lines each; the last is the one that is searched.
 */
#include "base/arena.h"
#include "base/err.h"
#include "pkgd/audit/audit.h"
#include "pkgd/audit/evidence.h"
#include "tests/lib/facts_text.h"
#include "tests/lib/tap.h"

#include <string.h>

#define PROGRAM "program bin/x p-1-1\nfn main entry type=i32(i32,ptr)\norigin p-1-1 l bad.c\n"
#define BAD "p-1-1" /* the package that is affected; its function is `bad` */

struct reach_case {
	const char *name;
	const char *images[3];
	enum audit_state state;
	const char *chain; /* names with spaces between; NULL: no matter */
};

static const struct reach_case cases[] = {
	{ "not there", { PROGRAM }, AUDIT_ABSENT, "" },
	{ "there, but never called", { PROGRAM "fn bad" }, AUDIT_UNREACHABLE, "" },
	{ "called", { PROGRAM "fn bad\ncall main bad" }, AUDIT_REACHABLE, "main bad" },
	{ "called by what is not called", { PROGRAM "fn a\nfn bad\ncall a bad" },
		AUDIT_UNREACHABLE, "" },
	{ "the shorter way is told",
		{ PROGRAM "fn a\nfn b\nfn c\nfn bad\ncall main a\ncall a b\ncall b bad\n"
			  "call main c\ncall c bad" },
		AUDIT_REACHABLE, "main c bad" },
	{ "a cycle",
		{ PROGRAM "fn a\nfn b\nfn bad\ncall main a\ncall a b\ncall b a\ncall b bad" },
		AUDIT_REACHABLE, "main a b bad" },
	{ "a constructor", { PROGRAM "fn init constructor\nfn bad\ncall init bad" },
		AUDIT_REACHABLE, "init bad" },
	{ "a destructor", { PROGRAM "fn fini destructor\nfn bad\ncall fini bad" },
		AUDIT_REACHABLE, "fini bad" },
	{ "another package's function of that name",
		{ PROGRAM "origin q-1-1 m bad.c\nfn bad\ncall main bad" }, AUDIT_ABSENT, "" },
	{ "two of that name", { PROGRAM "fn bad.1\nfn bad.2\ncall main bad.2" },
		AUDIT_REACHABLE, "main bad" },
	{ "built without a record of copies", { PROGRAM "origin p-1-1 l -\nfn a\ncall main a" },
		AUDIT_POSSIBLE, "" },
	{ "another package is, without effect",
		{ PROGRAM "origin q-1-1 l -\nfn a\ncall main a" }, AUDIT_ABSENT, "" },
	{ "native code has no record", { PROGRAM "origin p-1-1 l -\nfn a native\ncall main a" },
		AUDIT_ABSENT, "" },
	{ "a copy in what is called", { PROGRAM "fn a\ncall main a\ncopy a bad" },
		AUDIT_REACHABLE, "main a bad" },
	{ "a copy in what is not called", { PROGRAM "fn a\ncopy a bad" }, AUDIT_UNREACHABLE,
		"" },
	{ "a copy that is folded away", { PROGRAM "fn a\ncall main a\nfold a bad" },
		AUDIT_UNREACHABLE, "" },
	{ "another name of it", { PROGRAM "fn bad\nalias good bad\ncall main good" },
		AUDIT_REACHABLE, "main good bad" },

	{ "another name of it, somewhere else in the file",
		{ PROGRAM "fn good\nfn a\nfn b\nalias bad good\ncall main good" },
		AUDIT_REACHABLE, "main good bad" },
	{ "assembly that runs on",
		{ PROGRAM "fn start native open\nfn bad native\ncall main start" },
		AUDIT_REACHABLE, "main start bad" },
	{ "a native function with an end",
		{ PROGRAM "fn start native\nfn bad native\ncall main start" },
		AUDIT_UNREACHABLE, "" },
	{ "in a slot", { "slot z p-1-1\nfn bad export", PROGRAM "call main z:bad" },
		AUDIT_REACHABLE, "main bad" },
	{ "in a slot, deeper",
		{ "slot z p-1-1\nfn bad\nfn a export\ncall a bad", PROGRAM "call main z:a" },
		AUDIT_REACHABLE, "main a bad" },
	{ "in a slot, another function is used",
		{ "slot z p-1-1\nfn bad export\nfn a export", PROGRAM "call main z:a" },
		AUDIT_UNREACHABLE, "" },
	{ "in a slot behind a slot",
		{ "slot z p-1-1\nfn bad export", "slot y y-1-1\nfn a export\ncall a z:bad",
			PROGRAM "call main y:a" },
		AUDIT_REACHABLE, "main a bad" },
	{ "a slot's constructor",
		{ "slot z p-1-1\nfn bad\nfn a export\nfn init constructor\ncall init bad",
			PROGRAM "call main z:a" },
		AUDIT_REACHABLE, "init bad" },
	{ "a copy in a slot's function",
		{ "slot z p-1-1\nfn a export\ncopy a bad", PROGRAM "call main z:a" },
		AUDIT_REACHABLE, "main a bad" },
	{ "a slot alone", { "slot z p-1-1\nfn bad\nfn a export\ncall a bad" }, AUDIT_REACHABLE,
		"a bad" },
	{ "a slot alone, not exported", { "slot z p-1-1\nfn bad\nfn a export" },
		AUDIT_UNREACHABLE, "" },
	{ "a slot's exported table",
		{ "slot z p-1-1\nfn bad type=void(ptr)\ndata table export\nref table bad\n"
		  "fn a export\nindirect a void(ptr)" },
		AUDIT_POSSIBLE, NULL },

	{ "through a pointer",
		{ PROGRAM "fn bad type=void(ptr)\nfn a\ncall main a\nref main bad\n"
			  "indirect a void(ptr)" },
		AUDIT_POSSIBLE, "main a bad" },
	{ "through a table",
		{ PROGRAM "fn bad type=void(ptr)\ndata t\nref t bad\nref main t\n"
			  "indirect main void(ptr)" },
		AUDIT_POSSIBLE, "main bad" },
	{ "through a table behind a table",
		{ PROGRAM "fn bad type=void(ptr)\ndata t\ndata u\nref t bad\nref u t\nref main "
			  "u\n"
			  "indirect main void(ptr)" },
		AUDIT_POSSIBLE, "main bad" },
	{ "a table that nothing uses",
		{ PROGRAM "fn bad type=void(ptr)\ndata t\nref t bad\nindirect main void(ptr)" },
		AUDIT_UNREACHABLE, "" },
	{ "its address is taken by what is not called",
		{ PROGRAM "fn bad type=void(ptr)\nfn a\nref a bad\nindirect main void(ptr)" },
		AUDIT_UNREACHABLE, "" },
	{ "no call through a pointer fits",
		{ PROGRAM "fn bad type=void(ptr,ptr)\nref main bad\nindirect main void(ptr)" },
		AUDIT_UNREACHABLE, "" },
	{ "floating point is not passed as words",
		{ PROGRAM "fn bad type=void(double)\nref main bad\nindirect main void(ptr)" },
		AUDIT_UNREACHABLE, "" },
	{ "a cast from pointer to integer",
		{ PROGRAM
			"fn bad type=i64(i64,i32)\nref main bad\nindirect main void(ptr,ptr)" },
		AUDIT_POSSIBLE, NULL },
	{ "a function that takes less than is passed",
		{ PROGRAM
			"fn bad type=void(ptr)\nref main bad\nindirect main i32(ptr,ptr,i64)" },
		AUDIT_POSSIBLE, NULL },
	{ "a call with any number of arguments",
		{ PROGRAM "fn bad type=void(ptr,ptr,i64)\nref main bad\nindirect main "
			  "i32(ptr,...)" },
		AUDIT_POSSIBLE, NULL },
	{ "a function with any number of arguments",
		{ PROGRAM
			"fn bad type=void(ptr,...)\nref main bad\nindirect main i32(ptr,i64)" },
		AUDIT_POSSIBLE, NULL },
	{ "a call of any type",
		{ PROGRAM "fn bad type=void(double)\nref main bad\nindirect main any" },
		AUDIT_POSSIBLE, NULL },
	{ "a function of unknown type", { PROGRAM "fn bad native\nref main bad" },
		AUDIT_POSSIBLE, NULL },
	{ "a signal handler", { PROGRAM "fn bad type=void(i32)\nref main bad" }, AUDIT_POSSIBLE,
		"main bad" },
	{ "called by what is called through a pointer",
		{ PROGRAM "fn a type=void(ptr)\nfn bad\nref main a\nindirect main void(ptr)\n"
			  "call a bad" },
		AUDIT_POSSIBLE, "main a bad" },
	{ "its address is taken by what is called through a pointer",
		{ PROGRAM "fn a type=void(ptr)\nfn bad type=void(ptr,ptr)\nref main a\n"
			  "indirect main void(ptr)\nref a bad\nindirect a void(ptr,ptr)" },
		AUDIT_POSSIBLE, "main a bad" },
	{ "called and taken: the call counts",
		{ PROGRAM "fn a\nfn bad type=void(ptr)\nref main bad\nindirect main void(ptr)\n"
			  "call main a\ncall a bad" },
		AUDIT_REACHABLE, "main a bad" },
	{ "a pointer handed to a slot, which calls it",
		{ "slot c c-1-1\nfn qsort export\nindirect qsort i32(ptr,ptr)",
			PROGRAM "fn bad type=i32(ptr,ptr)\nref main bad\ncall main c:qsort" },
		AUDIT_POSSIBLE, "main qsort bad" },
	{ "a slot's function by pointer",
		{ "slot z p-1-1\nfn bad export type=i32(ptr,ptr)",
			PROGRAM "ref main z:bad\nindirect main i32(ptr,ptr)" },
		AUDIT_POSSIBLE, "main bad" },
	{ "a slot's code calls through a pointer, but is not reached",
		{ "slot c c-1-1\nfn qsort export\nindirect qsort i32(ptr,ptr)\nfn a export",
			PROGRAM "fn bad type=i32(ptr,ptr)\nref main bad\ncall main c:a" },
		AUDIT_UNREACHABLE, "" },
	{ "a native function that calls who knows what",
		{ "slot c c-1-1\nfn odd export native\nindirect odd any",
			PROGRAM "fn bad type=void(double)\nref main bad\ncall main c:odd" },
		AUDIT_POSSIBLE, "main odd bad" },
	{ "longjmp only returns",
		{ "slot c musl-1-1\nfn longjmp export native\nindirect longjmp any",
			PROGRAM "fn bad type=void(double)\nref main bad\ncall main c:longjmp" },
		AUDIT_UNREACHABLE, "" },
	{ "a function of that name that is not libc's",
		{ "slot c c-1-1\nfn longjmp export native\nindirect longjmp any",
			PROGRAM "fn bad type=void(double)\nref main bad\ncall main c:longjmp" },
		AUDIT_POSSIBLE, NULL },
	{ "a thread begins",
		{ "slot c musl-1-1\nfn __clone export native\nindirect __clone any",
			PROGRAM "fn bad type=i32(ptr)\nref main bad\ncall main c:__clone" },
		AUDIT_POSSIBLE, "main __clone bad" },
	{ "weld's start code calls what searches begin with",
		{ "program bin/x p-1-1\norigin p-1-1 l bad.c\nfn bad type=void(double)\nfn "
		  "main "
		  "entry\nref main bad\norigin weld start x.c\nfn _start entry native\n"
		  "indirect _start any" },
		AUDIT_UNREACHABLE, "" },
	{ "libc's start code calls main",
		{ "slot c musl-1-1\nfn __libc_start_main export\nindirect __libc_start_main "
		  "i32(i32,ptr,ptr)",
			PROGRAM "fn bad type=i32(i32,ptr)\nref main bad" },
		AUDIT_UNREACHABLE, "" },
	{ "libc's start calls what runs at the end",
		{ "slot c c-1-1\nfn __libc_start_main export\nfn exit export\ncall "
		  "__libc_start_main "
		  "exit\nindirect exit void()\nfn atexit export",
			PROGRAM "fn bad type=void()\nref main bad\ncall main c:atexit" },
		AUDIT_POSSIBLE, NULL },
};

/* The names of a chain. */
static const char *
chain_text(struct arena *arena, const struct audit_images *images,
	const struct audit_finding *finding)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < finding->step_count; i++)
		strbuf_printf(&text, "%s%s", i == 0 ? "" : " ",
			audit_place_name(images, finding->steps[i].place));
	return arena_string(arena, strbuf_string(&text));
}

static void
check_case(const struct reach_case *c)
{
	static const struct advisory_symbol symbol = { .name = "bad", .text = "bad" };
	struct arena *arena AUTO(arena_free) = arena_new();
	struct audit_images images;
	struct audit_finding finding = { 0 };
	uint32_t index = 0;
	struct reach *reach;
	const char *chain;

	audit_images_init(&images, arena);
	for (size_t i = 0; i < 3 && c->images[i] != NULL; i++)
		if (audit_images_add(
			    &images, facts_from_text(arena, c->images[i]), NULL, &index) < 0)
			tap_bail("%s: %s", c->name, err_message());
	reach = reach_new(arena, &images);
	/* Twice: what the first search left must not be seen by the second. */
	for (int i = 0; i < 2; i++) {
		finding = (struct audit_finding){ 0 };
		reach_search(reach, index);
		evidence_find(reach, arena, BAD, &symbol, &finding);
	}
	chain = chain_text(arena, &images, &finding);
	tap_ok(finding.state == c->state && (c->chain == NULL || strcmp(chain, c->chain) == 0),
		"%s: %s %s", c->name, audit_state_name(finding.state), chain);
}

/* One search must not see the marks of another one's program. */
static void
test_programs_apart(void)
{
	static const struct advisory_symbol symbol = { .name = "bad", .text = "bad" };
	static const char *const programs[] = {
		"program bin/x x-1-1\nfn main entry\ncall main z:bad",
		"program bin/y y-1-1\nfn main entry\ncall main z:good",
	};
	static const enum audit_state expected[] = { AUDIT_REACHABLE, AUDIT_UNREACHABLE };
	struct arena *arena AUTO(arena_free) = arena_new();
	struct audit_images images;
	struct reach *reach;
	uint32_t indexes[3];

	audit_images_init(&images, arena);
	(void)audit_images_add(&images,
		facts_from_text(arena, "slot z p-1-1\nfn bad export\nfn good export"), NULL,
		&indexes[2]);
	for (size_t i = 0; i < 2; i++)
		if (audit_images_add(&images, facts_from_text(arena, programs[i]), NULL,
			    &indexes[i]) < 0)
			tap_bail("%s", err_message());
	reach = reach_new(arena, &images);
	for (size_t i = 0; i < 2; i++) {
		struct audit_finding finding = { 0 };

		reach_search(reach, indexes[i]);
		evidence_find(reach, arena, BAD, &symbol, &finding);
		tap_ok(finding.state == expected[i], "one slot, two programs: %s is %s",
			images.at.at[indexes[i]].name, audit_state_name(finding.state));
	}
}

static void
test_files(void)
{
	static const struct {
		const char *file;
		enum audit_state state;
	} files[] = { { "a.c", AUDIT_UNREACHABLE }, { "b.c", AUDIT_REACHABLE },
		{ "src/b.c", AUDIT_REACHABLE }, { "c.c", AUDIT_ABSENT },
		{ "bb.c", AUDIT_ABSENT } };
	struct arena *arena AUTO(arena_free) = arena_new();
	struct audit_images images;
	struct reach *reach;
	uint32_t index = 0;

	audit_images_init(&images, arena);
	if (audit_images_add(&images,
		    facts_from_text(arena,
			    "program bin/x x-1-1\nfn main entry\norigin p-1-1 l a.c\nfn bad.1\n"
			    "origin p-1-1 l b.c\nfn bad.2\ncall main bad.2"),
		    NULL, &index) < 0)
		tap_bail("%s", err_message());
	reach = reach_new(arena, &images);
	reach_search(reach, index);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct advisory_symbol symbol = { "bad", files[i].file, "" };
		struct audit_finding finding = { 0 };

		evidence_find(reach, arena, BAD, &symbol, &finding);
		tap_ok(finding.state == files[i].state, "bad in %s: %s", files[i].file,
			audit_state_name(finding.state));
	}
}

static void
test_refused(void)
{
	static const struct digest digest = { { 7 } };
	struct arena *arena AUTO(arena_free) = arena_new();
	struct audit_images images;
	uint32_t index = 0;

	audit_images_init(&images, arena);
	tap_ok(audit_images_add(&images, facts_from_text(arena, PROGRAM "call main z:bad"),
		       NULL, &index) == ERR_NOT_FOUND,
		"a slot is missing: %s", err_message());
	(void)audit_images_add(
		&images, facts_from_text(arena, "slot z p-1-1\nfn good export"), NULL, &index);
	tap_ok(audit_images_add(&images, facts_from_text(arena, PROGRAM "call main z:bad"),
		       NULL, &index) == ERR_NOT_FOUND,
		"an export is missing: %s", err_message());
	tap_ok(audit_images_add(&images, facts_from_text(arena, PROGRAM), &digest, &index) ==
			ERR_FORMAT,
		"another image's facts: %s", err_message());
	tap_ok(audit_images_add(&images, str_from("no facts"), NULL, &index) == ERR_FORMAT,
		"not a facts file: %s", err_message());
}

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		check_case(&cases[i]);
	test_programs_apart();
	test_files();
	test_refused();
	return tap_done();
}
