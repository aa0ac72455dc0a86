/* SPDX-License-Identifier: MIT */
/* Times, UUIDs and escapes: the same in both formats. */
#include "pkgd/sbom/sbom.h"

#include "base/arena.h"
#include "base/err.h"

#include <string.h>
#include <time.h>

char *
sbom_time(int64_t seconds, char text[SBOM_TIME_SIZE])
{
	struct tm parts = { 0 };
	time_t time = (time_t)seconds;

	gmtime_r(&time, &parts);
	strftime(text, SBOM_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
	return text;
}

char *
sbom_uuid(const json_t *document, char text[SBOM_UUID_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	struct digest digest;
	char *at = text;

	json_write(document, &bytes);
	digest = hash_bytes(bytes.at, bytes.len);
	digest.bytes[6] = (uint8_t)(0x80 | (digest.bytes[6] & 0x0f)); /* version 8 */
	digest.bytes[8] = (uint8_t)(0x80 | (digest.bytes[8] & 0x3f)); /* variant */
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = digits[digest.bytes[i] >> 4];
		*at++ = digits[digest.bytes[i] & 0xf];
	}
	*at = '\0';
	return text;
}

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~", c) != NULL);
}

char *
sbom_escape(struct arena *arena, const char *text, const char *keep)
{
	struct strbuf escaped AUTO(strbuf_free) = { 0 };

	for (; *text != '\0'; text++)
		if (is_plain(*text) || strchr(keep, *text) != NULL)
			strbuf_add_char(&escaped, *text);
		else
			strbuf_printf(&escaped, "%%%02X", (unsigned char)*text);
	return arena_string(arena, strbuf_string(&escaped));
}
