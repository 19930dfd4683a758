/* export_nwb: an export as one file of Neurodata Without Borders. (session/export_nwb.h)
 *
 * Raw samples are acquisition, dF/F and predictions are processing, trials and states are intervals, applied outputs
 * are stimuli; everything else is a table of the processing module `phasic`. Rig and task stand in the file as text.
 * docs/export.md lists what is where. Threads: one. */
#pragma once
#include "session/export.h"
#include "session/folder.h"

struct export_nwb;

struct export_nwb_options {
    const char *path;                     /* of the file to be made */
    const struct config *config;          /* the session's */
    const struct folder_session *session; /* session.json */
    const char *rig, *task;               /* the files' text; NULL: not there */
    const char *phasic;                   /* version of the program */
    const char *created;                  /* now: ISO 8601 */
};

/* False and *err: it can't be created. The options are not used after this, but for the config. */
MUST_CHECK bool export_nwb_open(struct export_nwb **nwb, const struct export_nwb_options *options, struct error *err);
struct export_sink export_nwb_sink(struct export_nwb *nwb);

/* Completes the file and frees; `keep` false: throws it away. False and *err: it could not be completed; then there is
 * none. NULL is allowed. */
MUST_CHECK bool export_nwb_close(struct export_nwb *nwb, bool keep, struct error *err);
