// Requests to Valgrind's Memcheck. Without Valgrind they do nothing.

#include <stddef.h>
#include <valgrind/memcheck.h>

unsigned countersign_valgrind_is_running(void) { return RUNNING_ON_VALGRIND; }

void countersign_valgrind_secret(void *start, size_t length) { VALGRIND_MAKE_MEM_UNDEFINED(start, length); }

void countersign_valgrind_public(const void *start, size_t length) { VALGRIND_MAKE_MEM_DEFINED(start, length); }

// Whether a bit of it is undefined. Unlike a check, this is not reported as an error.
int countersign_valgrind_is_secret(const void *start, size_t length) {
    for (size_t at = 0; at < length; at++) {
        unsigned char bits = 0;
        VALGRIND_GET_VBITS((const char *)start + at, &bits, 1);
        if (bits != 0) return 1;
    }
    return 0;
}

void countersign_valgrind_pause(void) { VALGRIND_DISABLE_ERROR_REPORTING; }

void countersign_valgrind_resume(void) { VALGRIND_ENABLE_ERROR_REPORTING; }

unsigned long countersign_valgrind_errors(void) { return VALGRIND_COUNT_ERRORS; }
