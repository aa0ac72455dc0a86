/* SPDX-License-Identifier: MIT */
/*
 * A unit for systemd, and programs for runit, of one declaration. For a unit what is declared says what is
 * not needed: who has a user of its own needs no privilege, and who lists its state needs to write nowhere
 * else. Only what systemd can do without privilege is said where it has none.
 */
#include "pkgd/service/manager.h"

#include "base/err.h"

#include <string.h>

#define STATE "state" /* below the root */
#define CURRENT "current"

struct writer {
	const struct declared_service *service;
	const char *package;
	const struct manager_place *place;
	struct strbuf *text;
};

/* An argument with the prefix in the place of "{prefix}". */
static void
expand(const struct writer *writer, const char *argument, struct strbuf *ret_text)
{
	const char *found;

	while ((found = strstr(argument, DECLARED_PREFIX)) != NULL) {
		strbuf_add(ret_text, argument, (size_t)(found - argument));
		strbuf_printf(ret_text, "%s/" CURRENT, writer->place->standing);
		argument = found + strlen(DECLARED_PREFIX);
	}
	strbuf_add_string(ret_text, argument);
}

/* 1. systemd */

/* In double quotes: backslashes and quotes are escaped, and the sign of specifiers is doubled. */
static void
add_quoted(struct strbuf *text, const char *value)
{
	strbuf_add_char(text, '"');
	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			strbuf_add_char(text, '\\');
		else if (*c == '%')
			strbuf_add_char(text, '%');
		strbuf_add_char(text, *c);
	}
	strbuf_add_char(text, '"');
}

/* The colon keeps variables from being put in: "$" is an ordinary character then. */
static void
add_command(const struct writer *writer)
{
	const struct declared_service *service = writer->service;
	struct strbuf word AUTO(strbuf_free) = { 0 };

	strbuf_add_string(writer->text, "ExecStart=");
	strbuf_printf(&word, ":%s/" CURRENT "/%s", writer->place->standing, service->program);
	add_quoted(writer->text, strbuf_string(&word));
	for (size_t i = 0; i < service->arguments.len; i++) {
		strbuf_free(&word);
		expand(writer, service->arguments.at[i], &word);
		strbuf_add_char(writer->text, ' ');
		add_quoted(writer->text, strbuf_string(&word));
	}
	strbuf_add_char(writer->text, '\n');
}

static void
add_names(struct strbuf *text, const char *before, const struct manifest_list *names)
{
	for (size_t i = 0; i < names->len; i++)
		strbuf_printf(text, "%s%s.service", i == 0 ? before : " ", names->at[i]);
}

static void
add_order(const struct writer *writer)
{
	strbuf_add_string(writer->text, "After=network.target");
	add_names(writer->text, " ", &writer->service->after);
	add_names(writer->text, " ", &writer->service->needs);
	add_names(writer->text, "\nRequires=", &writer->service->needs);
	strbuf_add_char(writer->text, '\n');
}

/* Whether the root stands below one of some directories, which the service would not see then. */
static bool
stands_below(const struct writer *writer, const char *const *directories)
{
	for (; *directories != NULL; directories++) {
		size_t length = strlen(*directories);

		if (strncmp(writer->place->standing, *directories, length) == 0 &&
			strchr("/", writer->place->standing[length]) != NULL)
			return true;
	}
	return false;
}

/* What a service may see and write of the file system. */
static void
add_files(const struct writer *writer)
{
	static const char *const homes[] = { "/home", "/root", "/run/user", NULL };
	static const char *const shared[] = { "/tmp", "/var/tmp", NULL };
	const struct manifest_list *state = &writer->service->state;
	struct strbuf path AUTO(strbuf_free) = { 0 };

	strbuf_printf(writer->text, "ProtectSystem=strict\nProtectHome=%s\n",
		stands_below(writer, homes) ? "read-only" : "yes");
	if (!stands_below(writer, shared))
		strbuf_add_string(writer->text, "PrivateTmp=yes\n");
	for (size_t i = 0; i < state->len; i++) {
		strbuf_free(&path);
		strbuf_printf(&path, "%s/" STATE "/%s", writer->place->standing, state->at[i]);
		strbuf_add_string(writer->text, "ReadWritePaths=");
		add_quoted(writer->text, strbuf_string(&path));
		strbuf_add_char(writer->text, '\n');
	}
}

static void
add_confinement(const struct writer *writer)
{
	static const char everywhere[] = "NoNewPrivileges=yes\n"
					 "LockPersonality=yes\n"
					 "RestrictNamespaces=yes\n"
					 "RestrictRealtime=yes\n"
					 "RestrictSUIDSGID=yes\n"
					 "SystemCallArchitectures=native\n";
	static const char system[] = "PrivateDevices=yes\n"
				     "ProtectClock=yes\n"
				     "ProtectControlGroups=yes\n"
				     "ProtectHostname=yes\n"
				     "ProtectKernelLogs=yes\n"
				     "ProtectKernelModules=yes\n"
				     "ProtectKernelTunables=yes\n"
				     "ProtectProc=invisible\n";

	strbuf_add_string(writer->text, everywhere);
	if (!writer->place->is_system)
		return;
	strbuf_add_string(writer->text, system);
	if (writer->service->user != NULL)
		strbuf_add_string(writer->text, "CapabilityBoundingSet=\n");
	add_files(writer);
}

static void
write_unit(const struct writer *writer)
{
	static const char *const restarts[] = {
		[DECLARED_RESTART_NO] = "no",
		[DECLARED_RESTART_ON_FAILURE] = "on-failure",
		[DECLARED_RESTART_ALWAYS] = "always",
	};
	const struct declared_service *service = writer->service;

	strbuf_printf(writer->text,
		"# Made by weld of what the package %s declares ('systemctl edit' changes "
		"it).\n"
		"[Unit]\n"
		"Description=%s, of the weld package %s\n"
		"Documentation=man:weld-services(7)\n",
		writer->package, service->name, writer->package);
	add_order(writer);
	strbuf_add_string(writer->text, "\n[Service]\nType=exec\n");
	add_command(writer);
	if (service->user != NULL && writer->place->is_system)
		strbuf_printf(writer->text, "User=%s\n", service->user);
	strbuf_printf(writer->text, "Restart=%s\n", restarts[service->restart]);
	if (!service->is_unconfined)
		add_confinement(writer);
	strbuf_printf(writer->text, "\n[Install]\nWantedBy=%s\n",
		writer->place->is_system ? "multi-user.target" : "default.target");
}

/* 2. runit, of busybox */

/* In single quotes nothing means anything but their end. */
static void
add_word(struct strbuf *text, const char *value)
{
	strbuf_add_string(text, " '");
	for (const char *c = value; *c != '\0'; c++) {
		if (*c == '\'')
			strbuf_add_string(text, "'\\'");
		strbuf_add_char(text, *c);
	}
	strbuf_add_char(text, '\'');
}

static void
begin_script(const struct writer *writer)
{
	strbuf_printf(writer->text,
		"#!/bin/sh\n"
		"# Made by weld of what the package %s declares; /var/services/%s comes before "
		"it.\n"
		"export PATH=/sbin:/bin\n",
		writer->package, writer->service->name);
}

/* Those that are needed are started and waited for; those that come first only where they start at all. */
static void
add_waiting(const struct writer *writer)
{
	const struct manifest_list *after = &writer->service->after;
	const struct manifest_list *needs = &writer->service->needs;

	for (size_t i = 0; i < after->len; i++)
		strbuf_printf(writer->text,
			"for i in 1 2 3 4 5 6 7 8 9 10; do\n"
			"\t[ -e ../%s/run ] && [ ! -e ../%s/down ] || break\n"
			"\tsv -w 5 start ../%s >/dev/null 2>&1 && break || sleep 1\n"
			"done\n",
			after->at[i], after->at[i], after->at[i]);
	for (size_t i = 0; i < needs->len; i++)
		strbuf_printf(writer->text,
			"until sv -w 5 start ../%s >/dev/null 2>&1; do sleep 1; done\n",
			needs->at[i]);
}

static void
write_run(const struct writer *writer)
{
	const struct declared_service *service = writer->service;
	struct strbuf word AUTO(strbuf_free) = { 0 };

	begin_script(writer);
	add_waiting(writer);
	strbuf_add_string(writer->text, "exec 2>&1\ncd /\nexec");
	if (service->user != NULL && writer->place->is_system)
		strbuf_printf(writer->text, " chpst -u %s", service->user);
	strbuf_printf(&word, "%s/" CURRENT "/%s", writer->place->standing, service->program);
	add_word(writer->text, strbuf_string(&word));
	for (size_t i = 0; i < service->arguments.len; i++) {
		strbuf_free(&word);
		expand(writer, service->arguments.at[i], &word);
		add_word(writer->text, strbuf_string(&word));
	}
	strbuf_add_char(writer->text, '\n');
}

/* runsv starts it again unless it is told otherwise; the first argument is the exit status. */
static void
write_finish(const struct writer *writer)
{
	if (writer->service->restart == DECLARED_RESTART_ALWAYS)
		return;
	begin_script(writer);
	if (writer->service->restart == DECLARED_RESTART_ON_FAILURE)
		strbuf_add_string(writer->text, "[ \"$1\" = 0 ] || exit 0\n");
	strbuf_add_string(writer->text, "exec sv down .\n");
}

static void
write_log(const struct writer *writer)
{
	begin_script(writer);
	strbuf_printf(
		writer->text, "exec logger -p daemon.info -t %s\n", writer->service->name);
}

static void
write_down(const struct writer *writer)
{
	strbuf_add_string(writer->text, "It does not start by itself: see weld-services(7).\n");
}

void
manager_write(enum declared_service_file file, const struct declared_service *service,
	const char *package, const struct manager_place *place, struct strbuf *ret_text)
{
	static void (*const writers[])(const struct writer *writer) = {
		[DECLARED_UNIT] = write_unit,
		[DECLARED_RUN] = write_run,
		[DECLARED_FINISH] = write_finish,
		[DECLARED_LOG] = write_log,
		[DECLARED_DOWN] = write_down,
	};
	const struct writer writer = { service, package, place, ret_text };

	writers[file](&writer);
}
