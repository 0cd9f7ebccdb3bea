#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

enum { MOST_SECRETS = 32 };

static void *zeroed(size_t count, size_t size) {
    void *block = calloc(count == 0 ? 1 : count, size);
    if (block == NULL) abort();
    return block;
}

/* Behind the object that begins here. */
static const char *end_of_object(const char *at) {
    int depth = 0, quoted = 0;
    for (; *at != '\0'; at++) {
        if (quoted && *at == '\\') {
            at++;
        } else if (*at == '"') {
            quoted = !quoted;
        } else if (!quoted && *at == '{') {
            depth++;
        } else if (!quoted && *at == '}' && --depth == 0) {
            return at + 1;
        }
    }
    abort();
}

/* Takes the text of the connection or scheme out of a line: as it stands there is what the library shall read, and
   jansson could not even read all of it (NUL in a key). */
static void take_out(char *line, corpus_vector *vector) {
    static const char *const markers[] = {"\"verifier\": {\"connection\": ", "\"verifier\": {\"scheme\": "};
    for (size_t index = 0; index < 2; index++) {
        char *marker = strstr(line, markers[index]);
        if (marker != NULL) {
            char *object = marker + strlen(markers[index]);
            vector->text_length = (size_t)(end_of_object(object) - object);
            vector->text = exact_copy(object, vector->text_length);
            memset(object, ' ', vector->text_length);
            memcpy(object, "{}", 2);
            return;
        }
    }
}

corpus_vector *corpus_file(const char *path, size_t *count) {
    FILE *file = fopen(path, "r");
    corpus_vector *vectors = NULL;
    char *line = NULL;
    size_t capacity = 0, number = 0;
    *count = 0;
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    while (getline(&line, &capacity, file) > 0) {
        corpus_vector vector = {NULL, NULL, 0};
        json_error_t error;
        char *begin = line + strspn(line, " ");
        number++;
        if (strncmp(begin, "{\"id\"", 5) != 0) continue;
        take_out(begin, &vector);
        /* A comma may stand behind it. Texts may hold NUL: that one is rejected is what some vectors are about. */
        vector.json = json_loads(begin, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, &error);
        if (vector.json == NULL) {
            fprintf(stderr, "%s:%zu: %s\n", path, number, error.text);
            exit(EXIT_FAILURE);
        }
        vectors = realloc(vectors, (*count + 1) * sizeof *vectors);
        if (vectors == NULL) abort();
        vectors[(*count)++] = vector;
    }
    free(line);
    fclose(file);
    if (*count == 0) {
        fprintf(stderr, "%s: holds no vectors, one a line\n", path);
        exit(EXIT_FAILURE);
    }
    return vectors;
}

void corpus_file_free(corpus_vector *vectors, size_t count) {
    for (size_t index = 0; index < count; index++) {
        json_decref(vectors[index].json);
        free(vectors[index].text);
    }
    free(vectors);
}

const char *corpus_text(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

/* The bytes of `key`, or of base64 at `key_base64`, in a block of their own. */
static void *bytes_at(const json_t *object, const char *key, const char *key_base64, size_t *length) {
    const json_t *text = json_object_get(object, key);
    if (text != NULL) {
        *length = json_string_length(text);
        return exact_copy(json_string_value(text), *length);
    }
    return decode_base64(corpus_text(object, key_base64), length);
}

static int64_t moment(const json_t *value) {
    return json_is_string(value) ? parse_rfc3339(json_string_value(value)) : json_integer_value(value) * 1000;
}

/* One secret: a text, base64 of raw bytes, or an object with bounds. */
static countersign_secret read_secret(const json_t *item, int is_base64) {
    countersign_secret secret;
    memset(&secret, 0, sizeof secret);
    if (json_is_object(item)) {
        const json_t *not_before = json_object_get(item, "not_before"), *not_after = json_object_get(item, "not_after");
        secret.data = bytes_at(item, "secret", "secret_base64", &secret.length);
        if (not_before != NULL) {
            secret.bounds |= COUNTERSIGN_BOUND_NOT_BEFORE;
            secret.not_before_ms = moment(not_before);
        }
        if (not_after != NULL) {
            secret.bounds |= COUNTERSIGN_BOUND_NOT_AFTER;
            secret.not_after_ms = moment(not_after);
        }
    } else if (is_base64) {
        secret.data = decode_base64(json_string_value(item), &secret.length);
    } else {
        secret.length = json_string_length(item);
        secret.data = exact_copy(json_string_value(item), secret.length);
    }
    return secret;
}

static size_t secrets_of(const json_t *list, int is_base64, countersign_secret *secrets) {
    size_t count = json_array_size(list);
    if (count > MOST_SECRETS) abort();
    for (size_t index = 0; index < count; index++) secrets[index] = read_secret(json_array_get(list, index), is_base64);
    return count;
}

countersign_status corpus_verifier(const corpus_vector *vector, countersign_verifier **verifier,
                                   countersign_text *error) {
    const json_t *from = json_object_get(vector->json, "verifier"), *raw = json_object_get(from, "secrets_base64");
    const json_t *preset = json_object_get(from, "preset"), *tolerance = json_object_get(from, "tolerance");
    const json_t *connection_text = json_object_get(from, "connection_text");
    const json_t *text = connection_text != NULL ? connection_text : json_object_get(from, "scheme_text");
    const json_t *name = preset != NULL ? preset : text;
    int is_connection = connection_text != NULL || json_object_get(from, "connection") != NULL;
    countersign_secret secrets[MOST_SECRETS];
    size_t count = secrets_of(raw != NULL ? raw : json_object_get(from, "secrets"), raw != NULL, secrets);
    countersign_tolerance both = {0, 0}, *other = tolerance == NULL ? NULL : &both;
    size_t length = vector->text != NULL ? vector->text_length : json_string_length(name);
    char *given = exact_copy(vector->text != NULL ? vector->text : json_string_value(name), length);
    countersign_status status;

    both.past = both.future = (uint32_t)json_integer_value(tolerance);
    if (preset != NULL) {
        status = countersign_verifier_preset(given, length, secrets, count, other, verifier, error);
    } else if (!is_connection) {
        status = countersign_verifier_scheme(given, length, secrets, count, other, verifier, error);
    } else if (raw != NULL) {
        status = countersign_verifier_connection_with_secrets(given, length, secrets, count, verifier, error);
    } else {
        status = countersign_verifier_connection(given, length, verifier, error);
    }
    /* All of it was only lent. */
    free(given);
    for (size_t index = 0; index < count; index++) free((void *)secrets[index].data);
    return status;
}

corpus_delivery corpus_delivery_of(const json_t *vector) {
    const json_t *from = json_object_get(vector, "delivery"), *lines = json_object_get(from, "headers");
    const json_t *received_at = json_object_get(from, "received_at");
    const json_t *method = json_object_get(from, "method"), *url = json_object_get(from, "url");
    size_t count = json_array_size(lines);
    countersign_header *headers = zeroed(count, sizeof *headers);
    corpus_delivery made;
    memset(&made, 0, sizeof made);
    for (size_t index = 0; index < count; index++) {
        const json_t *line = json_array_get(lines, index), *name = json_array_get(line, 0);
        const json_t *value = json_array_get(line, 1);
        headers[index].name_length = json_string_length(name);
        headers[index].name = exact_copy(json_string_value(name), headers[index].name_length);
        if (json_is_string(value)) {
            headers[index].value_length = json_string_length(value);
            headers[index].value = exact_copy(json_string_value(value), headers[index].value_length);
        } else {
            headers[index].value = decode_base64(corpus_text(value, "base64"), &headers[index].value_length);
        }
    }
    made.delivery.headers = headers;
    made.delivery.header_count = count;
    made.delivery.method_length = json_string_length(method);
    made.delivery.method = exact_copy(json_string_value(method), made.delivery.method_length);
    made.delivery.url_length = json_string_length(url);
    made.delivery.url = exact_copy(json_string_value(url), made.delivery.url_length);
    made.delivery.body = bytes_at(from, "body", "body_base64", &made.delivery.body_length);
    made.now_ms = received_at == NULL ? countersign_now_ms() : moment(received_at);
    return made;
}

void corpus_free(corpus_delivery *delivery) {
    countersign_delivery *inner = &delivery->delivery;
    for (size_t index = 0; index < inner->header_count; index++) {
        free((void *)inner->headers[index].name);
        free((void *)inner->headers[index].value);
    }
    free((void *)inner->headers);
    free((void *)inner->method);
    free((void *)inner->url);
    free((void *)inner->body);
}

long corpus_status(const char *name) {
    for (uint32_t number = 0; number < 256; number++) {
        if (strcmp(name, countersign_status_name(number)) == 0) return (long)number;
    }
    return -1;
}

uint32_t corpus_algorithm(const char *name) {
    for (uint32_t number = 1; name != NULL && number < 256; number++) {
        if (strcmp(name, countersign_algorithm_name(number)) == 0) return number;
    }
    return COUNTERSIGN_ALGORITHM_NONE;
}
