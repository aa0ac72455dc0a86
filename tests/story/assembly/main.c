/* SPDX-License-Identifier: MIT */
/* The digest of standard input. */
#include <openssl/sha.h>
#include <stdio.h>

int
main(void)
{
	static unsigned char buffer[1 << 20];
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX context;
	size_t length;

	SHA256_Init(&context);
	while ((length = fread(buffer, 1, sizeof buffer, stdin)) > 0)
		SHA256_Update(&context, buffer, length);
	SHA256_Final(digest, &context);
	for (size_t i = 0; i < sizeof digest; i++)
		printf("%02x", digest[i]);
	printf("\n");
	return 0;
}
