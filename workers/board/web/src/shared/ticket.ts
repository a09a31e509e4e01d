/** The one-time sign-in of the address, taken out of it before anybody else reads it (the router does, as soon as it is there). */
export const ticket = /^#ticket=([^&]+)/.exec(location.hash)?.[1]
if (ticket) history.replaceState(null, '', location.pathname + location.search)
