/** What to do where the page of requests has lost its key or its server: it is opened by a command, or from another page. */
export const openAgain = 'open the page again as you did first; ssofile browse prints a new address'
