#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *block(size_t length) {
    void *data = malloc(length);
    if (data == NULL) abort();
    return data;
}

void *exact_copy(const void *data, size_t length) {
    return length == 0 ? NULL : memcpy(block(length), data, length);
}

unsigned char *decode_base64(const char *text, size_t *length) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t written = 0, digits = strcspn(text, "=");
    uint32_t bits = 0;
    unsigned char *decoded;
    *length = digits * 3 / 4;
    if (*length == 0) return NULL;
    decoded = block(*length);
    for (size_t index = 0; index < digits; index++) {
        const char *digit = strchr(alphabet, text[index]);
        if (digit == NULL) {
            fprintf(stderr, "not base64: %s\n", text);
            exit(EXIT_FAILURE);
        }
        bits = (bits << 6 | (uint32_t)(digit - alphabet)) & 0xFFFFFF;
        /* From the second of four digits on, each completes a byte. */
        if (index % 4 > 0 && written < *length) {
            decoded[written++] = (unsigned char)(bits >> (6 - 2 * (index % 4)));
        }
    }
    return decoded;
}

/* Days since 1970 in the Gregorian calendar; March is the first month, so that the leap day is the last day. */
static int64_t days(int64_t year, int month, int day) {
    int64_t shifted = year - (month <= 2), era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t of_era = shifted - era * 400, of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t parse_rfc3339(const char *text) {
    int year, month, day, hour, minute, second, read = 0, milliseconds = 0, offset = 0;
    if (sscanf(text, "%4d-%2d-%2d%*1[Tt]%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &read) != 6) {
        fprintf(stderr, "not a date: %s\n", text);
        exit(EXIT_FAILURE);
    }
    text += read;
    if (*text == '.') {
        int unit = 100;
        for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10) milliseconds += (*text - '0') * unit;
    }
    if (*text == '+' || *text == '-') {
        int hours, minutes;
        if (sscanf(text + 1, "%2d:%2d", &hours, &minutes) != 2) abort();
        offset = (hours * 60 + minutes) * (*text == '-' ? -60 : 60);
    }
    return ((days(year, month, day) * 24 + hour) * 60 + minute) * 60000 + (int64_t)(second - offset) * 1000
           + milliseconds;
}
