// The server tells its version when asked and whenever it changes; a connection that is lost is made anew.
const { version } = document.currentScript.dataset;
new EventSource("/changes").addEventListener("message", (event) => {
  if (event.data !== version) location.reload();
});
