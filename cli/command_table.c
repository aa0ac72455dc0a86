/* SPDX-License-Identifier: MIT */
/* The table and the ways to find a row in it. */
#include "cli/command.h"

#include "base/err.h"
#include "base/nearest.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

const struct option_row global_options[] = {
	{ 0, "root", "DIR", "the installation to work on (also WELD_ROOT)" },
	{ 'y', "yes", NULL, "do what the plan says without asking" },
	{ 'n', "dry-run", NULL, "show the plan and stop" },
	{ 0, "simulate", NULL, "the same as --dry-run" },
	{ 0, "json", NULL, "print one JSON object and nothing else" },
	{ 'q', "quiet", NULL, "print only answers, warnings and errors" },
	{ 'v', "verbose", NULL, "tell more" },
	{ 0, "color", "WHEN", "auto, always or never" },
	{ 0, "offline", NULL, "use what is here, ask no server" },
	{ 0, "wait", "[=SECONDS]",
		"wait for the best images; with a value, so long for another weld at work" },
	{ 'h', "help", NULL, "tell about the command" },
	{ 'V', "version", NULL, "print weld's version" },
	{ 0 },
};

static const struct option_row install_options[] = {
	{ 0, "reinstall", NULL, "put the installed version there again" },
	{ 0, "allow-downgrade", NULL, "allow an older version than the installed one" },
	{ 0, "arch", "NAME", "make an empty root one for x86_64, aarch64 or riscv64" },
	{ 0 },
};

static const struct option_row remove_options[] = {
	{ 0, "cascade", NULL, "remove what needs it, too" },
	{ 0 },
};

static const struct option_row upgrade_options[] = {
	{ 0, "full", NULL, "allow packages to be removed or downgraded" },
	{ 0 },
};

static const struct option_row apply_options[] = {
	{ 0, "locked", NULL, "take exactly what the lock says, or fail" },
	{ 0, "frozen", NULL, "the same, and ask no server" },
	{ 0, "update", NULL, "take the newest versions that fit, and write the lock anew" },
	{ 0 },
};

static const struct option_row config_list_options[] = {
	{ 'a', "all", NULL, "also those that are as the package has them" },
	{ 0 },
};

static const struct option_row config_merge_options[] = {
	{ 0, "ours", NULL, "keep what you have: it needs nothing of the package's version" },
	{ 0, "theirs", NULL, "take the package's version; what you had stays beside it" },
	{ 0 },
};

static const struct option_row list_options[] = {
	{ 'u', "upgradable", NULL, "only those of which there is a newer version" },
	{ 'm', "manual", NULL, "only those that were asked for" },
	{ 0, "names", NULL, "print names only, one a line" },
	{ 0 },
};

static const struct option_row search_options[] = {
	{ 0, "names", NULL, "print names only, one a line" },
	{ 0 },
};

static const struct option_row tree_options[] = {
	{ 'i', "invert", NULL, "show what needs it instead of what it needs" },
	{ 0 },
};

static const struct option_row graph_options[] = {
	{ 'f', "format", "FORMAT", "dot (default), json, svg or html" },
	{ 'o', "output", "FILE", "write to this file instead of standard output" },
	{ 'i', "invert", NULL, "show what needs NAME instead of what it needs" },
	{ 0, "edges", "KINDS", "only these kinds: requires,contains,links,binds,builds" },
	{ 0 },
};

static const struct option_row audit_options[] = {
	{ 'a', "advisories", "PLACE",
		"OSV advisories: a file, directory or URL; may be given several times" },
	{ 'w', "waivers", "FILE", "findings that are accepted; may be given several times" },
	{ 0, "all", NULL, "show also what is unreachable, not linked in or waived" },
	{ 0 },
};

static const struct option_row slots_options[] = {
	{ 0, "why", NULL, "say why a library has a slot or is private" },
	{ 0 },
};

static const struct option_row sbom_options[] = {
	{ 'f', "format", "FORMAT", "cyclonedx (default) or spdx" },
	{ 'o', "output", "FILE", "write to a file that does not exist yet" },
	{ 0, "image", "FILE", "look into this system image instead of a root" },
	{ 0 },
};

static const struct option_row licenses_options[] = {
	{ 0, "texts", NULL, "print the texts, too" },
	{ 0, "image", "FILE", "look into this system image instead of a root" },
	{ 0 },
};

static const struct option_row relink_options[] = {
	{ 0, "reseed", NULL,
		"draw a new seed: new addresses for all slots, and order of functions" },
	{ 0 },
};

static const struct option_row attach_options[] = {
	{ 'l', "list", NULL, "list the changes that run, wait or are done" },
	{ 0, "cancel", NULL, "end it: nothing of it is done" },
	{ 0, NULL, NULL, NULL },
};

static const struct option_row improve_options[] = {
	{ 'b', "background", NULL, "do it at idle priority in a process of its own" },
	{ 0, "idle", NULL, "do it here, at idle priority" },
	{ 0, "status", NULL, "say who does it and what there is to do" },
	{ 0, "stop", NULL, "end the process that does it" },
	{ 0 },
};

static const struct option_row run_options[] = {
	{ 0, "program", "PROGRAM", "run this one of the package's programs" },
	{ 0 },
};

static const struct option_row debug_options[] = {
	{ 0, "core", "FILE", "look at this core file instead" },
	{ 0, "pid", "PID", "look at this process, which runs the program" },
	{ 0, "execute", "COMMAND", "have gdb execute this; may be given several times" },
	{ 0, "batch", NULL, "end when gdb has executed what was given" },
	{ 0, "no-install", NULL, "make do with what is installed" },
	{ 0 },
};

static const struct option_row verify_options[] = {
	{ 'a', "all", NULL, "check all generations, not only the current one" },
	{ 0, "deep", NULL, "lower and link everything again, and compare the bytes" },
	{ 0 },
};

static const struct option_row gc_options[] = {
	{ 0, "keep", "N", "forget all but the newest N generations first" },
	{ 0, "cache", NULL, "empty the cache of lowered objects, too" },
	{ 0 },
};

static const struct option_row build_options[] = {
	{ 'o', "output", "DIR", "where packages are found and put (default: here)" },
	{ 0, "all", NULL, "build every recipe" },
	{ 0, "recipes", "DIR",
		"where names are looked up (also WELD_RECIPES; default: ./recipes)" },
	{ 0, "check", "LEVEL", "upstream's tests: no, quick (default) or full" },
	{ 0, "patch", "FILE", "apply one more patch; may be given several times" },
	{ 0, "release", "N", "use this release number" },
	{ 'j', "jobs", "N", "run so many compilers at a time" },
	{ 0, "debug", NULL, "also make NAME-debug, with debug information and sources" },
	{ 'f', "force", NULL, "build also what is up to date" },
	{ 0, "keep", NULL, "keep the build directory" },
	{ 0, "cache", "DIR", "where sources are kept" },
	{ 0 },
};

static const struct option_row image_build_options[] = {
	{ 'o', "output", "FILE", "the image to make" },
	{ 0, "format", "FORMAT", "disk (default), kernel+initrd or dir" },
	{ 0, "size", "SIZE", "of a disk, such as 512M or 2G (default: what is needed)" },
	{ 0, "cpu", "NAME", "run on this CPU and later ones, by LLVM's name (default: any)" },
	{ 0, "services", "NAMES",
		"which services start with the machine: asked (default: of packages that are "
		"named), all, none, or names" },
	{ 0, "onto", "OLD", "put a new generation beside those on this disk image" },
	{ 0, "base", "NAME", "the package that makes a system (default: system), or none" },
	{ 0, "passphrase-file", "FILE", "its first line is what root logs in with" },
	{ 'f', "force", NULL, "replace an image of that name" },
	{ 0 },
};

static const struct option_row image_extract_options[] = {
	{ 0, "generation", "N", "another generation than the newest" },
	{ 0 },
};

static const struct option_row image_run_options[] = {
	{ 'm', "memory", "MIB", "memory in MiB (default: 512)" },
	{ 0, "cpus", "N", "number of processors (default: 1)" },
	{ 'p', "port", "HOST:GUEST",
		"reach a TCP port of the machine at a port of this one; may be given several "
		"times" },
	{ 0, "efi", NULL, "start by EFI, not by BIOS" },
	{ 0, "snapshot", NULL, "forget what the machine writes" },
	{ 0, "accel", "NAME", "how QEMU runs it: tcg (default, software) or kvm" },
	{ 0 },
};

static const struct option_row repo_add_options[] = {
	{ 'k', "key", "FILE", "the root metadata that the repository's owner gave you" },
	{ 0 },
};

#define SIGNING_OPTIONS                                                                    \
	{ 'k', "key", "NAME", "the key to sign with (default: the only one)" },            \
		{ 0, "keys", "DIR", "where keys are kept" },                               \
	{                                                                                  \
		0, "passphrase-fd", "FD", "read the key's passphrase from this descriptor" \
	}

static const struct option_row signing_options[] = { SIGNING_OPTIONS, { 0 } };

static const struct option_row lower_options[] = {
	{ 'b', "builder", "NAME", "the builder's key: it signs the objects, under its name" },
	{ 0, "for", "LEVEL,...",
		"levels to lower for (default: x86-64-v2,x86-64-v3); x86-64-v1 to -v4, "
		"aarch64, riscv64" },
	{ 'k', "key", "NAME", "the repository's key" },
	{ 0, "keys", "DIR", "where keys are kept" },
	{ 0, "passphrase-fd", "FD",
		"read the repository key's passphrase from this descriptor, and the builder's "
		"from "
		"its next line" },
	{ 0, "cache", "DIR", "keep lowered objects here (default: ~/.cache/weld/objects)" },
	{ 0 },
};

static const struct option_row rotate_options[] = {
	{ 'k', "key", "NAME", "the key that signs the repository until now" },
	{ 0, "new-key", "NAME", "the key that signs it from now on" },
	{ 0, "keys", "DIR", "where keys are kept" },
	{ 0, "passphrase-fd", "FD",
		"read the old key's passphrase from this descriptor, and the new one's from "
		"its "
		"next line" },
	{ 0 },
};

static const struct option_row serve_options[] = {
	{ 0, "address", "ADDRESS", "listen on this numeric address (default: 127.0.0.1)" },
	{ 'p', "port", "PORT", "listen on this port (default: any free one)" },
	{ 0 },
};

static const struct option_row key_generate_options[] = {
	{ 0, "keys", "DIR", "where keys are kept" },
	{ 0, "passphrase-fd", "FD", "read the new passphrase from this descriptor" },
	{ 0, "no-passphrase", NULL, "store the key without encryption: for trials" },
	{ 0 },
};

static const struct option_row keys_options[] = {
	{ 0, "keys", "DIR", "where keys are kept" },
	{ 0 },
};

static const struct option_row key_export_options[] = {
	{ 0, "keys", "DIR", "where keys are kept" },
	{ 's', "secret", NULL, "the whole key file, encrypted if the key is" },
	{ 'o', "output", "FILE", "write to a file that does not exist yet" },
	{ 0 },
};

const struct command command_table[] = {
	{ "install", "add", "NAME[=VERSION]|FILE.weld ...", 1, ARGS_ANY, COMPLETE_AVAILABLE,
		install_options, "Install packages",
		"The plan is shown first: packages, bytes to fetch, libraries that get a slot, "
		"programs that are linked again. It is exactly what happens. A package file is "
		"installed only by the owner of the root; what it requires comes from the "
		"repositories or the other files given.",
		cmd_install },
	{ "remove", "rm del", "NAME ...", 1, ARGS_ANY, COMPLETE_INSTALLED, remove_options,
		"Remove packages",
		"Configuration that you changed stays in ROOT/state (see weld purge). Packages "
		"that are no longer needed stay until weld autoremove.",
		cmd_remove },
	{ "purge", "", "NAME ...", 1, ARGS_ANY, COMPLETE_INSTALLED, remove_options,
		"Remove packages and their configuration", NULL, cmd_purge },
	{ "autoremove", "", "", 0, 0, COMPLETE_NOTHING, NULL,
		"Remove packages that nothing asked for needs", NULL, cmd_autoremove },
	{ "update", "", "", 0, 0, COMPLETE_NOTHING, NULL,
		"Fetch what the repositories offer now",
		"Signatures, versions and expiry are verified; older metadata than already "
		"seen is refused. To get newer packages, run weld upgrade afterwards.",
		cmd_update },
	{ "upgrade", "", "[NAME ...]", 0, ARGS_ANY, COMPLETE_INSTALLED, upgrade_options,
		"Install newer versions and relink what depends on them",
		"Without names, all packages but held ones. An update that does not link does "
		"not happen: the message names program and symbol, and nothing has changed.",
		cmd_upgrade },
	{ "hold", "", "NAME ...", 1, ARGS_ANY, COMPLETE_INSTALLED, NULL,
		"Keep packages at their version", NULL, cmd_hold },
	{ "unhold", "", "NAME ...", 1, ARGS_ANY, COMPLETE_INSTALLED, NULL,
		"Let held packages be upgraded again", NULL, cmd_unhold },
	{ "mark", "", "auto|manual NAME ...", 2, ARGS_ANY, COMPLETE_INSTALLED, NULL,
		"Say why packages are there",
		"Automatic ones go with weld autoremove when nothing needs them.", cmd_mark },
	{ "apply", "", "[FILE]", 0, 1, COMPLETE_FILE, apply_options,
		"Make the root match a world file",
		"FILE (default: weld.world) says which packages are wanted, weld-world(5). "
		"What it "
		"becomes stands in the lock beside it (weld.lock, weld-lock(5)): who has both "
		"files gets the same packages, linked with the same seed. What neither asks "
		"for nor "
		"needs is removed.",
		cmd_apply },
	{ "config list", "", "[PATH ...]", 0, ARGS_ANY, COMPLETE_FILE, config_list_options,
		"List configuration files that differ from the package's", NULL,
		cmd_config_list },
	{ "config diff", "", "[PATH ...]", 0, ARGS_ANY, COMPLETE_FILE, NULL,
		"Show what you changed in configuration files",
		"From the package's version to yours, as diff -u. Exit status 5 when there is "
		"a difference.",
		cmd_config_diff },
	{ "config merge", "", "[PATH ...]", 0, ARGS_ANY, COMPLETE_FILE, config_merge_options,
		"Merge the package's newer version into configuration files",
		"Without paths, all that wait for it. What you and the package changed since "
		"the "
		"version that yours derives from comes together; where both changed the same "
		"lines, a file with both is put beside yours, and exit status is 5.",
		cmd_config_merge },
	{ "search", "", "[TEXT]", 0, 1, COMPLETE_NOTHING, search_options,
		"Find packages by name or summary", NULL, cmd_search },
	{ "info", "show", "NAME ...", 1, ARGS_ANY, COMPLETE_AVAILABLE, NULL,
		"Tell about packages", NULL, cmd_info },
	{ "list", "ls", "", 0, 0, COMPLETE_NOTHING, list_options, "List installed packages",
		NULL, cmd_list },
	{ "files", "", "NAME ...", 1, ARGS_ANY, COMPLETE_AVAILABLE, NULL,
		"List the files of packages", NULL, cmd_files },
	{ "owns", "", "PATH|SYMBOL ...", 1, ARGS_ANY, COMPLETE_FILE, NULL,
		"Say which package a file or symbol belongs to", NULL, cmd_owns },
	{ "symbols", "", "NAME", 1, 1, COMPLETE_INSTALLED, NULL,
		"List what a package, library or program defines and needs", NULL,
		cmd_symbols },
	{ "binds", "", "SYMBOL", 1, 1, COMPLETE_NOTHING, NULL,
		"List the images that are bound to a symbol or have it inside", NULL,
		cmd_binds },
	{ "can-replace", "", "OLD NEW", 2, 2, COMPLETE_INSTALLED, NULL,
		"Say whether a package could take another's place",
		"NEW is a version, a package of a repository, or a package file. Exit status 5 "
		"when something would not link.",
		cmd_can_replace },
	{ "provides", "", "PATH|SYMBOL|NAME", 1, 1, COMPLETE_NOTHING, NULL,
		"Find the packages that have a file, library or symbol", NULL, cmd_provides },
	{ "why", "", "NAME ...", 1, ARGS_ANY, COMPLETE_INSTALLED, NULL,
		"Say what needs a package, whole chains", NULL, cmd_why },
	{ "why-not", "", "NAME[=VERSION]", 1, 1, COMPLETE_AVAILABLE, NULL,
		"Say what forbids a package or version", NULL, cmd_why_not },
	{ "tree", "", "NAME", 1, 1, COMPLETE_INSTALLED, tree_options,
		"Show what a package needs, as a tree", NULL, cmd_tree },
	{ "leaves", "", "", 0, 0, COMPLETE_NOTHING, NULL,
		"List the packages that no other package needs", NULL, cmd_leaves },
	{ "graph", "", "[NAME]", 0, 1, COMPLETE_INSTALLED, graph_options,
		"Print or draw how packages, images and slots hang together",
		"With NAME: what hangs on this package, program or slot. The html page needs "
		"nothing "
		"but a browser.",
		cmd_graph },
	{ "audit", "", "[NAME ...]", 0, ARGS_ANY, COMPLETE_INSTALLED, audit_options,
		"Say which programs can reach what advisories warn of",
		"Each function that an advisory names is absent, unreachable, reachable or "
		"possibly reachable in each program that has to do with its package, with the "
		"chain of calls. Names are packages, programs or slots to look at. Exit status "
		"5 when something is reachable or possible and not waived.",
		cmd_audit },
	{ "slots", "", "", 0, 0, COMPLETE_NOTHING, slots_options,
		"Show the arena: which library has which addresses", NULL, cmd_slots },
	{ "sbom", "", "[NAME|FILE.weld]", 0, 1, COMPLETE_INSTALLED, sbom_options,
		"Print a bill of materials",
		"CycloneDX 1.5 or SPDX 2.3, as JSON: of the root, of an installed package with "
		"all that it requires, or of a package file. The same root gives the same "
		"document; SOURCE_DATE_EPOCH sets its time.",
		cmd_sbom },
	{ "licenses", "", "[NAME ...]", 0, ARGS_ANY, COMPLETE_INSTALLED, licenses_options,
		"Show under which licences packages stand", NULL, cmd_licenses },
	{ "relink", "", "", 0, 0, COMPLETE_NOTHING, relink_options, "Link everything again",
		NULL, cmd_relink },
	{ "improve", "", "", 0, 0, COMPLETE_NOTHING, improve_options,
		"Make better images of what was compiled in a hurry",
		"Under the policy tier auto, a change that somebody waits for compiles "
		"quickly, and "
		"this is done in the background afterwards. It is a generation of its own. "
		"Others may "
		"change the root meanwhile; then it begins again on the new state.",
		cmd_improve },
	{ "attach", "", "[OPERATION]", 0, 1, COMPLETE_NOTHING, attach_options,
		"Follow a change that the daemon carries out",
		"What was begun through pkgd goes on without the terminal that it was begun "
		"at. "
		"Without a number, the change that runs now.",
		cmd_attach },
	{ "history", "", "", 0, 0, COMPLETE_NOTHING, NULL, "Show what was done", NULL,
		cmd_history },
	{ "history info", "", "ID", 1, 1, COMPLETE_NOTHING, NULL,
		"Show one entry of the history in full", NULL, cmd_history_info },
	{ "generations", "", "", 0, 0, COMPLETE_NOTHING, NULL,
		"List the states that can be gone back to", NULL, cmd_generations },
	{ "rollback", "", "[GENERATION]", 0, 1, COMPLETE_NOTHING, NULL,
		"Go back to an earlier generation",
		"Without a number, to the one before. Nothing is compiled. What repositories "
		"are trusted with does not go back.",
		cmd_rollback },
	{ "diff", "", "GENERATION GENERATION", 2, 2, COMPLETE_NOTHING, NULL,
		"Show in which packages and images two generations differ", NULL, cmd_diff },
	{ "verify", "", "[NAME ...]", 0, ARGS_ANY, COMPLETE_INSTALLED, verify_options,
		"Compare what is installed with its digests",
		"Exit status 5 when something differs.", cmd_verify },
	{ "repair", "", "", 0, 0, COMPLETE_NOTHING, NULL,
		"Get damaged files anew, and the database if it is damaged", NULL, cmd_repair },
	{ "gc", "", "", 0, 0, COMPLETE_NOTHING, gc_options, "Remove what no generation needs",
		NULL, cmd_gc },
	{ "policy show", "", "", 0, 0, COMPLETE_NOTHING, NULL, "Show how this root links", NULL,
		cmd_policy_show },
	{ "policy set", "", "KEY VALUE", 2, 2, COMPLETE_NOTHING, NULL,
		"Change how this root links",
		"sharing: auto (a slot for two users or more), always, never. tier: auto (what "
		"is quick enough for who waits at a terminal, and full for all others), "
		"instant "
		"(no optimization), fast, full. improve: auto (make better images in the "
		"background after a change that somebody waited for), always, never. memory: "
		"how much a compiling process may use, such as 2G. arch: x86_64, aarch64, "
		"riscv64; it can be chosen while nothing is installed. cpu: native (this "
		"machine's), or a name that LLVM has for a CPU of that architecture, such as "
		"x86-64-v3. builders: whose lowered objects are used: names of builders in the "
		"repositories, or ids of their keys, with commas between, or none. harden: the "
		"defences that are built in, with commas between, or default, all, none; "
		"weld-harden(7) has them. gc: which generations are kept after a change: "
		"never (all), a number of them (5), those of so many days (30d), or what "
		"either "
		"keeps (5,30d). accounts: make (users and groups that packages need), tell, "
		"auto (make them for /weld). services: which services start with the machine "
		"of "
		"a system image: asked (of packages that were named), all, none, or names with "
		"commas between. inline: on (small functions of slots are copied "
		"into their "
		"users, which are lowered again when these change), off.",
		cmd_policy_set },
	{ "env", "", "", 0, 0, COMPLETE_NOTHING, NULL,
		"Print the shell lines that put the root on PATH", "eval \"$(weld env)\"",
		cmd_env },
	{ "run", "", "NAME[=VERSION] [ARGUMENT ...]", 1, ARGS_ANY, COMPLETE_AVAILABLE,
		run_options, "Run a program without installing it",
		"What is not installed is put into a root of its own, in ROOT/cache/run. All "
		"behind NAME belongs to the program.",
		cmd_run, true },
	{ "sql", "", "QUERY", 1, 1, COMPLETE_NOTHING, NULL, "Ask in SQL what is installed",
		"Views: packages, images, slots, bindings, functions, data, calls; weld-sql(1) "
		"has "
		"their columns. Nothing can be changed.",
		cmd_sql },
	{ "debug", "", "PROGRAM [ARGUMENT ...]", 1, ARGS_ANY, COMPLETE_INSTALLED, debug_options,
		"Run a program in gdb, with debug information",
		"What is missing of debug information and offered by a repository is installed "
		"first. Lines are shown only where the code is exactly that of the installed "
		"image.",
		cmd_debug, true },
	{ "debug dump", "", "FILE", 1, 1, COMPLETE_FILE, NULL,
		"Print the note or the facts of an image", NULL, cmd_debug_dump },
	{ "build", "", "[RECIPE_DIR|NAME ...]", 0, ARGS_ANY, COMPLETE_FILE, build_options,
		"Build packages from recipes",
		"A word with a slash is a recipe's folder, otherwise the name of a recipe. "
		"What it requires is built first. Builds run without network.",
		cmd_build },
	{ "image build", "", "[NAME[=VERSION]|FILE.weld ...]", 0, ARGS_ANY, COMPLETE_AVAILABLE,
		image_build_options, "Make a system that boots",
		"The packages, and what they need, are linked for a root of their own, which "
		"will "
		"stand at /weld; this root gives repositories and cached objects. The same "
		"packages "
		"and options give the same bytes.",
		cmd_image_build },
	{ "image run", "", "FILE [-- QEMU-ARG ...]", 1, ARGS_ANY, COMPLETE_FILE,
		image_run_options, "Start an image in QEMU",
		"The image is checked first. Its serial line is on the terminal; Ctrl-A X ends "
		"the machine. With --dry-run the command is printed.",
		cmd_image_run },
	{ "image show", "", "FILE", 1, 1, COMPLETE_FILE, NULL,
		"Show what is on a disk: partitions, generations, slots", NULL,
		cmd_image_show },
	{ "image verify", "", "FILE", 1, 1, COMPLETE_FILE, NULL,
		"Check every block of a disk's generations",
		"Exit status 5 when something was changed.", cmd_image_verify },
	{ "image extract", "", "FILE DIR", 2, 2, COMPLETE_FILE, image_extract_options,
		"Put the files of a generation into a new directory", NULL, cmd_image_extract },
	{ "repo add", "", "NAME URL", 2, 2, COMPLETE_FILE, repo_add_options,
		"Trust a repository",
		"The key is bound to this repository: it cannot sign for another one.",
		cmd_repo_add },
	{ "repo list", "", "", 0, 0, COMPLETE_NOTHING, NULL, "List the repositories", NULL,
		cmd_repo_list },
	{ "repo remove", "", "NAME", 1, 1, COMPLETE_NOTHING, NULL, "Forget a repository", NULL,
		cmd_repo_remove },
	{ "repo enable", "", "NAME", 1, 1, COMPLETE_NOTHING, NULL, "Use a repository again",
		NULL, cmd_repo_enable },
	{ "repo disable", "", "NAME", 1, 1, COMPLETE_NOTHING, NULL, "Do not use a repository",
		NULL, cmd_repo_disable },
	{ "repo priority", "", "NAME NUMBER", 2, 2, COMPLETE_NOTHING, NULL,
		"Prefer a repository over those with smaller numbers", NULL,
		cmd_repo_priority },
	{ "repo init", "", "DIR", 1, 1, COMPLETE_FILE, signing_options,
		"Make an empty signed repository", NULL, cmd_repo_init },
	{ "repo publish", "", "DIR FILE.weld ...", 2, ARGS_ANY, COMPLETE_FILE, signing_options,
		"Add packages to a repository and sign it",
		"A published version never changes: the same name with other contents is "
		"refused.",
		cmd_repo_publish },
	{ "repo lower", "", "DIR [NAME ...]", 1, ARGS_ANY, COMPLETE_FILE, lower_options,
		"Lower a repository's packages and publish the objects",
		"Who trusts the builder (weld policy set builders) installs them without "
		"compiling. The objects are signed by the builder's key, and the repository's "
		"says "
		"whose key that is.",
		cmd_repo_lower },
	{ "repo sign", "", "DIR", 1, 1, COMPLETE_FILE, signing_options,
		"Sign a repository again with new dates", NULL, cmd_repo_sign },
	{ "repo rotate", "", "DIR", 1, 1, COMPLETE_FILE, rotate_options,
		"Change the key that signs a repository",
		"Who trusts the repository follows with the next update: the new root metadata "
		"is "
		"signed by the old key, too.",
		cmd_repo_rotate },
	{ "repo check", "", "DIR", 1, 1, COMPLETE_FILE, NULL,
		"Verify everything in a repository", "Exit status 5 when something is wrong.",
		cmd_repo_check },
	{ "repo serve", "", "DIR", 1, 1, COMPLETE_FILE, serve_options,
		"Serve a repository over HTTP, for trials",
		"Prints its URL, then serves until it is interrupted.", cmd_repo_serve },
	{ "key generate", "", "NAME", 1, 1, COMPLETE_NOTHING, key_generate_options,
		"Make a signing key", NULL, cmd_key_generate },
	{ "key list", "", "", 0, 0, COMPLETE_NOTHING, keys_options, "List signing keys", NULL,
		cmd_key_list },
	{ "key export", "", "NAME", 1, 1, COMPLETE_NOTHING, key_export_options, "Print a key",
		NULL, cmd_key_export },
	{ "key import", "", "NAME FILE", 2, 2, COMPLETE_FILE, keys_options,
		"Add an exported key", NULL, cmd_key_import },
	{ "help", "", "[COMMAND]", 0, 2, COMPLETE_COMMAND, NULL, "Tell about weld or a command",
		NULL, cmd_help },
	{ "version", "", "", 0, 0, COMPLETE_NOTHING, NULL, "Print weld's version", NULL,
		cmd_version },
	{ "completion", "", "bash|zsh|fish", 1, 1, COMPLETE_NOTHING, NULL,
		"Print the shell's completion script",
		"For bash: eval \"$(weld completion bash)\"", cmd_completion },
	{ 0 },
};

/* Whether the row's name is exactly these words. */
static bool
has_name(const struct command *row, char *const *words, size_t count)
{
	const char *space = strchr(row->name, ' ');
	size_t length = strlen(words[0]);

	if (count == 1)
		return space == NULL && strcmp(row->name, words[0]) == 0;
	return space != NULL && (size_t)(space - row->name) == length &&
	       strncmp(row->name, words[0], length) == 0 && strcmp(space + 1, words[1]) == 0;
}

static bool
has_alias(const struct command *row, const char *word)
{
	struct str rest = str_from(row->aliases);
	struct str alias;

	while (str_cut(&rest, ' ', &alias))
		if (str_is(alias, word))
			return true;
	return false;
}

bool
command_is_group(const char *word)
{
	size_t length = strlen(word);

	for (const struct command *row = command_table; row->name != NULL; row++)
		if (strncmp(row->name, word, length) == 0 && row->name[length] == ' ')
			return true;
	return false;
}

static int
unknown_command(char *const *words, size_t count)
{
	const char *names[128];
	size_t found = 0;
	bool is_group = command_is_group(words[0]);
	size_t skip = is_group ? strlen(words[0]) + 1 : 0;
	const char *nearest;

	if (is_group && count == 1)
		return err_set(ERR_USAGE, "%s: needs a second word (see 'weld help %s')",
			words[0], words[0]);
	for (const struct command *row = command_table; row->name != NULL && found < 127; row++)
		if (!is_group)
			names[found++] = row->name;
		else if (strncmp(row->name, words[0], skip - 1) == 0 &&
			 row->name[skip - 1] == ' ')
			names[found++] = row->name + skip;
	nearest = nearest_name(words[is_group], names, found);
	if (nearest == NULL)
		return err_set(
			ERR_USAGE, "%s: unknown command (see 'weld help')", words[is_group]);
	return err_set(ERR_USAGE, "%s: unknown command (did you mean '%s'?)", words[is_group],
		nearest);
}

int
command_find(
	char *const *words, size_t count, const struct command **ret_command, size_t *ret_words)
{
	/* The longest name wins: "history info" before "history". */
	for (size_t length = count > 1 ? 2 : 1; length > 0; length--)
		for (const struct command *row = command_table; row->name != NULL; row++)
			if (has_name(row, words, length) ||
				(length == 1 && has_alias(row, words[0]))) {
				*ret_command = row;
				*ret_words = length;
				return 0;
			}
	return unknown_command(words, count);
}
