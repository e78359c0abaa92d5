// Keeps `npm install` from downloading a browser: test/support/browsers.mjs looks for an installed one first.
module.exports = { skipDownload: true };
