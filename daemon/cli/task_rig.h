/* task_rig: which rig a task's first line names: `-- rig: rig-configs/sim.lua`. (cli/task_rig.h)
 *
 * Threads: any. Memory: the caller's. */
#pragma once
#include "engine/base/error.h"
#include "session/folder.h"

/* Path of the rig that the first line of the task at `task` names behind "rig:". The name is looked for from the
 * current folder, then from the folder above the task's, where rig-configs/ lies beside protocols/. False and *err: no
 * such word, or no such file. */
MUST_CHECK bool task_rig_find(const char *task, char path[FOLDER_PATH_MAX], struct error *err);
