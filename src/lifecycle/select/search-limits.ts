/** Orders of the models that a search gives, the largest or newest first. */
export const SEARCH_ORDERS = ['downloads', 'likes', 'trending', 'updated', 'created', 'parameters'] as const;

/** Most models that one search gives: more than anyone reads. */
export const SEARCH_LIMIT = 1000;
