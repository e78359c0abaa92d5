// Names that programs rely on and that do not exist yet, each with its reason. One that exists must leave the list.

export const openNames: Readonly<Record<string, string>> = {};
