/* quantity: numbers that know what they measure, as tasks and rig files write them: ms(500), ul(4).
 * (planner/quantity.h)
 *
 * One row a unit. Values are kept in the base unit of their dimension: ns, ul, Hz, mW, mJ, mA, V, SD, degrees,
 * dF/F as a fraction. In Lua a
 * quantity is an immutable userdata: adding, subtracting and comparing work within a dimension, multiplying and
 * dividing with plain numbers, and the ratio of two of a dimension is a plain number. Threads: the sandbox's. Memory:
 * Lua's. */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

enum quantity_dimension {
    QUANTITY_NUMBER, /* a plain number */
    QUANTITY_TIME,
    QUANTITY_VOLUME,
    QUANTITY_FREQUENCY,
    QUANTITY_POWER,
    QUANTITY_ENERGY,
    QUANTITY_CURRENT,
    QUANTITY_VOLTAGE,
    QUANTITY_Z,
    QUANTITY_ANGLE,
    QUANTITY_DFF,
};

struct quantity {
    double value; /* in the base unit; finite */
    enum quantity_dimension dimension;
};

enum { QUANTITY_TEXT = 64 }; /* room for a quantity or a range of them */

/* Adds the constructors to the sandbox's words. */
void quantity_install(lua_State *lua);

/* Pushes a quantity, or a number if it is one. Raises if it is not finite. */
void quantity_push(lua_State *lua, struct quantity quantity);

/* The number or quantity at `index`. False: it is neither. Texts are no numbers here. */
bool quantity_get(lua_State *lua, int index, struct quantity *quantity);

/* As it is written in Lua: "ms(500)", "0.9". Returns `text`. */
const char *quantity_text(struct quantity quantity, char text[QUANTITY_TEXT]);

/* As a person writes it: "500 ms". Returns `text`. */
const char *quantity_plain(struct quantity quantity, char text[QUANTITY_TEXT]);

/* Reads "5ul", "5 ul", "0.9": what --set gives. False: no finite number, or an unknown unit. */
bool quantity_parse(const char *text, struct quantity *quantity);

/* What is expected of this dimension: "a time: us(x), ms(x) or sec(x)". */
const char *quantity_expected(enum quantity_dimension dimension);

/* The dimension of a driver's or model's unit word: "s", "ms", "Hz", "V", "mA", ...; a plain number for others. */
enum quantity_dimension quantity_dimension_of(const char *unit);

/* Base unit to the SI-like unit that drivers and models count in: ns to s; the same for all others. */
double quantity_si(struct quantity quantity);
