/* manifest: SHA-256 of every file of a session's folder. (session/manifest.h)
 *
 * Written when the session is complete; from then on its journal is never written again. The format is that of
 * sha256sum, "HASH  NAME" a line, so that `sha256sum -c manifest` works without phasic. Files that came later (exports,
 * reports, a rescue) are not in it and are no fault. Threads: any, not real-time. */
#pragma once
#include "engine/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANIFEST_FILE "manifest"

enum { MANIFEST_FILES_MAX = 64, MANIFEST_NAME = 128 }; /* files in a manifest; bytes of a name with its terminator */

enum manifest_state {
    MANIFEST_SAME,
    MANIFEST_CHANGED,
    MANIFEST_MISSING,
    MANIFEST_ADDED, /* in the folder, not in the manifest */
};

struct manifest_report {
    uint32_t n;
    struct {
        char name[MANIFEST_NAME];
        enum manifest_state state;
    } files[MANIFEST_FILES_MAX];
};

/* Hashes the folder's files and writes its manifest, complete or not at all. Sub-folders, the manifest itself and
 * temporary files (*.tmp) are left out. False and *err. */
MUST_CHECK bool manifest_write(const char *folder, struct error *err);

/* Holds the folder against its manifest; files in the order of their names. False and *err: there is none, it is not
 * one (with its line), or a file can't be read. */
MUST_CHECK bool manifest_check(const char *folder, struct manifest_report *report, struct error *err);

/* "same", "changed", "missing", "added". */
const char *manifest_state_name(enum manifest_state state);
