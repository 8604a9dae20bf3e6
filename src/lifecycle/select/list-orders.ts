/** What a list may be sorted by, the smallest, oldest or first in the alphabet on top. */
export const LIST_ORDERS = ['parameters', 'context', 'released', 'name', 'tokens'] as const;
