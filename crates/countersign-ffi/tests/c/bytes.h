/* What the vectors need of base64 and RFC 3339. Only what is well-formed is given to these. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>

/* A block of exactly `length` bytes, or NULL if that is 0. */
void *exact_copy(const void *data, size_t length);

/* Decodes base64 into a block of exactly the right size, to be freed; NULL if there is nothing in it. */
unsigned char *decode_base64(const char *text, size_t *length);

/* Milliseconds since 1970 of a date such as 2025-10-09T08:53:20.001Z. */
int64_t parse_rfc3339(const char *text);

#endif
