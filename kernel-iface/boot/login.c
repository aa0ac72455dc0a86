/* SPDX-License-Identifier: MIT */
/*
 * A line of shadow(5) is "NAME:HASH:..."; an empty hash asks for no passphrase, one that begins
 * with '!' or '*' lets nobody in. SHA-512 is what every login understands.
 */
#include "kernel-iface/boot/login.h"

#include "base/err.h"

#include <crypt.h>
#include <string.h>

#define ROUNDS 100000 /* of SHA-512: a tenth of a second for each guess */
#define SALT_LENGTH 16

/* A line without the account's name; false when it is of another account. */
static bool
is_root(struct str line, struct str *ret_rest)
{
	struct str name;

	*ret_rest = line;
	return str_cut(ret_rest, ':', &name) && str_is(name, "root");
}

static void
make_setting(const struct digest *seed, struct strbuf *setting)
{
	static const char alphabet[] =
		"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	struct digest salt;
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, "weld salt 1");
	hash_add(&hash, seed->bytes, DIGEST_SIZE);
	salt = hash_end(&hash);
	strbuf_printf(setting, "$6$rounds=%d$", ROUNDS);
	for (size_t i = 0; i < SALT_LENGTH; i++)
		strbuf_add_char(setting, alphabet[salt.bytes[i] % 64]);
}

static void
put_line(struct str line, const char *hashed, struct strbuf *text)
{
	struct str rest;
	struct str old;

	if (!is_root(line, &rest)) {
		strbuf_printf(text, STR_FMT "\n", STR_ARG(line));
		return;
	}
	(void)str_cut(&rest, ':', &old);
	strbuf_printf(text, "root:%s:" STR_FMT "\n", hashed, STR_ARG(rest));
}

int
login_set_passphrase(struct str shadow, const char *passphrase, const struct digest *seed,
	struct strbuf *ret_shadow)
{
	struct strbuf setting AUTO(strbuf_free) = { 0 };
	struct crypt_data data = { 0 };
	bool has_login;
	bool has_passphrase;
	const char *hashed;
	struct str line;

	login_read(shadow, &has_login, &has_passphrase);
	if (!has_login)
		return err_set(ERR_NOT_FOUND, "etc/shadow: has no account root");
	if (passphrase[0] == '\0')
		return err_set(ERR_RANGE, "the passphrase is empty");
	make_setting(seed, &setting);
	hashed = crypt_r(passphrase, strbuf_string(&setting), &data);
	if (hashed == NULL || hashed[0] == '*')
		return err_errno("hash the passphrase");
	while (str_cut(&shadow, '\n', &line))
		put_line(line, hashed, ret_shadow);
	return 0;
}

void
login_read(struct str shadow, bool *ret_has_login, bool *ret_has_passphrase)
{
	struct str line;
	struct str rest;
	struct str hashed;

	*ret_has_login = false;
	*ret_has_passphrase = false;
	while (str_cut(&shadow, '\n', &line))
		if (is_root(line, &rest)) {
			*ret_has_login = true;
			*ret_has_passphrase = str_cut(&rest, ':', &hashed) && hashed.len > 0;
		}
}
