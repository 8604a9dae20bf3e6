/** Part of the page's script: what clicks, keys and the address do. */
export const NAVIGATION = String.raw`
const browser = byId('browser');

/** Shows the sample that the address names, so that links to samples and the way back work. */
function followAddress() {
  const place = /^#sample-(\d+)$/u.exec(location.hash)?.[1];
  const last = shown;
  shown = place === undefined || data.samples[Number(place)] === undefined ? null : Number(place);
  browser.classList.toggle('open', shown !== null);
  if (shown === null) {
    if (location.hash !== '#samples') return;
    const item = last === null ? null : list.querySelector('a[href="#sample-' + last + '"]');
    if (item instanceof HTMLElement) item.focus();
    return;
  }
  const position = found.indexOf(shown);
  if (position >= 0) pageNumber = Math.floor(position / PAGE);
  showList();
  showDetail(shown);
  detail.scrollIntoView({ block: 'nearest' });
  const { top } = detail.getBoundingClientRect();
  if (top < 0) detail.scrollIntoView({ block: 'start' });
}

filterForm.addEventListener('submit', (event) => event.preventDefault());
filterForm.addEventListener('input', applyFilters);
filterForm.addEventListener('reset', () => {
  chosenCell = null;
  // The fields have their first values only after this event.
  setTimeout(applyFilters);
});
cellFilter.addEventListener('click', () => {
  chosenCell = null;
  applyFilters();
});
previousPage.addEventListener('click', () => turnPage(-1));
nextPage.addEventListener('click', () => turnPage(1));

list.addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const links = [...list.querySelectorAll('a')];
  const focused = links.findIndex((link) => link === document.activeElement);
  links[focused + (event.key === 'ArrowDown' ? 1 : -1)]?.focus();
  event.preventDefault();
});

detail.addEventListener('keydown', (event) => {
  if (event.target instanceof HTMLPreElement || event.altKey || event.ctrlKey || event.metaKey) return;
  const step = event.key === 'ArrowRight' ? 'next' : event.key === 'ArrowLeft' ? 'previous' : null;
  const link = step === null ? null : detail.querySelector('a[data-step="' + step + '"]');
  if (link instanceof HTMLElement) link.click();
});

document.getElementById('confusion')?.addEventListener('click', (event) => {
  if (!(event.target instanceof HTMLButtonElement)) return;
  chosenCell = [Number(event.target.dataset['wanted']), Number(event.target.dataset['predicted'])];
  applyFilters();
  location.hash = '#samples';
  byId('samples-title').focus();
});

addEventListener('hashchange', followAddress);
applyFilters();
followAddress();
`;
