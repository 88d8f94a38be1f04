/** The remedy if the page of requests has lost its key or its server. The page opens by a command, or from another page. */
export const openAgain = 'open the page again as you did first; ssofile browse prints a new address'
