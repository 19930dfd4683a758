/* compare_page: one signal's figure: measured dF/F and what each model predicted, around each kind of event.
 * (cli/compare_page.h)
 *
 * Threads: any. */
#pragma once
#include "cli/aligned.h"
#include "engine/base/error.h"

/* Draws the page of signal `signal` and writes it as `name` into `folder`. `session` is its title's. False and *err:
 * writing failed. */
MUST_CHECK bool compare_page_write(const char *folder, const char *name, const char *session,
                                   const struct config *config, uint32_t signal, const struct aligned *aligned,
                                   struct error *err);
