/** Keeps the page itself for places without a network. */
export {}
