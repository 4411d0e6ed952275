// A plain script, because browsers load no modules for pages that were opened from a file: it says what to do then.
if (location.protocol === 'file:') {
  document.addEventListener('DOMContentLoaded', () => {
    document.body.classList.add('from-file');
  });
}
