/* The test vectors, read from their JSON files. test-vectors/README.md explains the fields. */
#ifndef CORPUS_H
#define CORPUS_H

#include <countersign.h>
#include <jansson.h>

/* The delivery of a vector, in blocks of exactly its size, so that a byte read behind one is seen by Valgrind. */
typedef struct {
    countersign_delivery delivery;
    int64_t now_ms;
} corpus_delivery;

typedef struct {
    json_t *json;
    /* The JSON text of the connection or scheme, as it stands in the file; NULL if there is no such object. */
    char *text;
    size_t text_length;
} corpus_vector;

/* Reads the vectors of a file, which stand one a line, or ends the program with what is wrong with it. */
corpus_vector *corpus_file(const char *path, size_t *count);
void corpus_file_free(corpus_vector *vectors, size_t count);

/* The text at a key, or NULL. */
const char *corpus_text(const json_t *object, const char *key);

/* Makes the verifier of a vector, by whichever function it takes. */
countersign_status corpus_verifier(const corpus_vector *vector, countersign_verifier **verifier,
                                   countersign_text *error);

/* The delivery of a vector, to be freed with corpus_free. */
corpus_delivery corpus_delivery_of(const json_t *vector);
void corpus_free(corpus_delivery *delivery);

/* The number of a status by its name, or -1. */
long corpus_status(const char *name);

/* The number of an algorithm by its name; COUNTERSIGN_ALGORITHM_NONE without one. */
uint32_t corpus_algorithm(const char *name);

#endif
