/* calibration: a valve's volumes by opening time, weighed, fitted, dated and kept with its rig. (session/calibration.h)
 *
 * Several openings, each given many times into a cup that is weighed; the volume of a pulse is fitted as
 * a + b t + c t^2, which bends where the valve is still opening (small t), with weights 1 / volume, so that small drops
 * are as right as large ones. Only between the smallest and the largest opening that was weighed is the fit used:
 * nothing is extrapolated, and nothing older than `valid_days`. The result is $PHASIC_DATA/rigs/RIG/valve-OUTPUT.json;
 * the user's rig file is never written. Threads: any, not real-time. Memory: the caller's. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"
#include "session/folder.h"

enum {
    CALIBRATION_FORMAT = 1,     /* of the file */
    CALIBRATION_POINTS_MIN = 4, /* one more than the fit has parameters: else it says nothing about its error */
    CALIBRATION_POINTS_MAX = 12,
};

#define CALIBRATION_RESIDUAL_MAX 0.1 /* a point that the fit misses by more than a tenth was weighed wrong */

struct calibration_point {
    double open_ms;  /* of one pulse */
    double ul;       /* that it gave, weighed */
    double residual; /* (weighed - fitted) / fitted */
};

struct calibration {
    char rig[CONFIG_NAME], output[CONFIG_NAME], date[CONFIG_NAME]; /* ISO 8601, UTC */
    uint32_t pulses, valid_days, n_points;
    struct calibration_point point[CALIBRATION_POINTS_MAX]; /* open_ms strictly increasing */
    double a_ul, b_ul_per_ms, c_ul_per_ms2;
};

/* Fits the points and fills in their residuals. False and *err (ERROR_INPUT): too few points, a volume that does not
 * grow with the time, or a point that the fit misses by more than CALIBRATION_RESIDUAL_MAX. */
MUST_CHECK bool calibration_fit(struct calibration *calibration, struct error *err);

/* Where it is kept, or would be. */
MUST_CHECK bool calibration_path(const char *rig, const char *output, char path[FOLDER_PATH_MAX], struct error *err);

/* Writes it there. */
MUST_CHECK bool calibration_write(const struct calibration *calibration, struct error *err);

/* Reads it. *found is false if there is none. False and *err: ERROR_INPUT, the file is damaged. */
MUST_CHECK bool calibration_read(const char *rig, const char *output, struct calibration *calibration, bool *found,
                                 struct error *err);

/* Replaces the opening tables of the config's valves by those that were weighed, where there are any; *n is how many.
 * False and *err: ERROR_INPUT, one is damaged, or older than it is valid at CLOCK_REALTIME now_ns. */
MUST_CHECK bool calibration_apply(struct config *config, int64_t now_ns, uint32_t *n, struct error *err);
