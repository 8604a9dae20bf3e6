/**
 * English insults, profanity and threats by which a text is flagged, in lower case, endings included. Short on purpose:
 * words with a common harmless sense are left out, and so are slurs against groups, which a project adds for the
 * languages and people it is for.
 */
export const TOXIC_WORDS: readonly string[] = `
  arsehole arseholes asshole assholes bastard bastards bitch bitches bitching bollocks bullshit cocksucker crap crappy
  cunt cunts dickhead dickheads dipshit douchebag dumbass fuck fucked fucker fuckers fucking fucks goddamn horseshit
  idiot idiotic idiots imbecile imbeciles jackass kys moron moronic morons motherfucker motherfuckers motherfucking piss
  pissed prick pricks scumbag scumbags shit shithead shits shitty slut sluts stfu stupid twat twats wanker wankers whore
  whores`
  .trim()
  .split(/\s+/);
