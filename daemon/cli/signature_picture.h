/* signature_picture: the matrix of signatures and models as a picture. (cli/signature_picture.h)
 *
 * A row a signature, a column a model and variant; a cell says what is expected and its colour whether it was measured.
 * Threads: one. */
#pragma once
#include "cli/signature.h"

/* Writes an SVG file. False and *err: it could not be written. */
MUST_CHECK bool signature_picture_write(const char *path, const struct signature_result *results, int n,
                                        struct error *err);
