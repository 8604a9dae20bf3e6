/**
 * Writes datasets/general/test.jsonl from the sentences below, which were written for it. The right choice stands in each
 * place equally often, so that no place is the better guess. Run with `npx tsx scripts/prepare-general.ts`.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('../datasets/general/test.jsonl', import.meta.url));

interface Row {
  readonly category: string;
  readonly prompt: string;
  /** The right one first. */
  readonly choices: readonly string[];
}

/** `prompt | right | wrong, wrong, …`, a row a line. */
const read = (category: string, text: string): Row[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [prompt, right, wrong] = line.split('|').map((part) => part.trim());
      return {
        category,
        prompt: prompt!,
        choices: [right!, ...wrong!.split(',').map((word) => word.trim())],
      };
    });

/** Number and verb: each noun once as one and once as several. */
const AGREEMENT =
  `dog hungry, child asleep, window open, river cold, car new, teacher late, house old, bird small, garden green,
  letter long, door closed, ship far away, horse tired, king proud, road wet, cake sweet, book heavy, tree tall, chair empty, street quiet`
    .split(',')
    .flatMap((pair): Row[] => {
      const [noun, ...rest] = pair.trim().split(' ');
      const [one, several] = [`is ${rest.join(' ')}.`, `are ${rest.join(' ')}.`];
      const plural = noun === 'child' ? 'children' : `${noun!}s`;
      return [
        { category: 'grammar', prompt: `The ${noun!}`, choices: [one, several] },
        { category: 'grammar', prompt: `The ${plural}`, choices: [several, one] },
      ];
    });

/** Other pairs of sentences that differ in one form and begin alike. */
const GRAMMAR = read(
  'grammar',
  `
The keys to the house | are lost. | is lost.
The man with the two dogs | is here. | are here.
The women in the room | were talking. | was talking.
The box of apples | was heavy. | were heavy.
The leaves on the tree | are yellow. | is yellow.
The story about the soldiers | was true. | were true.
The boys near the old wall | were afraid. | was afraid.
The colour of the flowers | is bright. | are bright.
She bought this | book. | books.
She bought these | books. | book.
He saw that | ship in the harbour. | ships in the harbour.
He saw those | ships in the harbour. | ship in the harbour.
I would like an | apple. | pear.
I would like a | pear. | apple.
There was only one | chair left. | chairs left.
There were many | chairs left. | chair left.
Yesterday we | went home. | go home.
Tomorrow they will | come back. | came back.
She has already | eaten her dinner. | ate her dinner.
He did not | know the answer. | knew the answer.
The girl hurt | herself. | himself.
The old man cut | himself. | herself.
We saw | him in the garden. | he in the garden.
They gave the money to | us. | we.
I have never | seen it. | saw it.
He wants to | sleep. | sleeping.
She is | singing. | sing.
The letter was | written by a friend. | wrote by a friend.
This house is bigger | than that one. | then that one.
It was the | best day of the year. | better day of the year.
He can | swim well. | swims well.
Neither of them | has a horse. | have a horse.
I wish I | had more time. | have more time.
How many | days are left? | day are left?
He is taller | than his brother. | as his brother.
They have been here | for two days. | since two days.
The children played by | themselves. | himself.
She asked me where | I lived. | did I live.
It has | rained all day. | rain all day.
You must not | touch it. | touched it.
`,
);

const COMPLETION = read(
  'completion',
  `
You open a locked door with a | key | spoon, cloud, song
When it rains, people carry an | umbrella | oven, island, engine
The baby was tired and went to | sleep | money, paper, music
He was thirsty and drank some | water | sand, wood, stone
She put on her coat because it was | cold | round, loud, blue
The bird flew up into the | sky | soup, shoe, page
They sailed across the sea in a | ship | shirt, word, clock
He wrote his name with a | pen | pan, wheel, tooth
The cat ran after the | mouse | mountain, number, winter
The fire was so hot that it burned his | hand | idea, night, voice
In the morning the sun | rises | sings, reads, cooks
In the evening the sun | sets | sews, speaks, swims
She cut the bread with a | knife | pillow, letter, river
The farmer milked the | cow | corn, plough, fence
The soldier fought in the | war | tea, moon, pen
The child cried because he was | sad | wooden, square, cheap
He climbed to the top of the | mountain | minute, water, answer
She looked at the clock to see the | time | taste, smell, sound
The fish lives in the | water | fire, desert, cupboard
The doctor helped the | sick | spoons, hills, clouds
He read the last page and closed the | book | river, horse, wind
The dog barked at the | stranger | silence, colour, weight
The train arrived at the | station | kitchen, pocket, bottle
She planted flowers in the | garden | ceiling, mirror, engine
He lit a candle because it was | dark | sweet, deaf, fast
They ate soup with a | spoon | ladder, pencil, hammer
The king wore a golden | crown | onion, storm, bridge
The teacher wrote on the | board | bird, flood, honey
Bees make | honey | glass, iron, paper
The snow on the roof began to | melt | speak, read, walk
He paid for the bread with | money | smoke, sleep, wind
She washed her hands with | soap | sand paper, bricks, ink
The carpenter hit the nail with a | hammer | feather, carrot, sock
The hungry boy asked for more | food | noise, dust, rain
The judge sent the thief to | prison | breakfast, summer, music
A week has seven | days | doors, legs, seas
He slept in a soft | bed | knife, stove, axe
The ship sank to the bottom of the | sea | bread, roof, chair
After a long day of work he felt | tired | triangular, Spanish, wooden
She heard the music with her | ears | knees, elbows, shoes
He was late, so he began to | run | freeze, shine, boil
The lion is a wild | animal | metal, fruit, colour
They crossed the river by the | bridge | candle, apple, button
The old woman told the children a | story | stone, table, hat
The thief came in through the | window | weather, reason, language
She was proud of her | son | fog, thunder, Tuesday
To see in the dark he took a | lamp | comb, cup, coin
The wind blew the leaves off the | trees | stars, waves, songs
The tailor made a new | coat | storm, lake, moon
When water gets very cold it turns to | ice | gold, salt, bread
`,
);

const FACTS = read(
  'facts',
  `
The capital of France is | Paris | London, Rome, Madrid
The capital of Italy is | Rome | Paris, Berlin, Vienna
The capital of England is | London | Paris, Dublin, Oslo
The capital of Japan is | Tokyo | Beijing, Seoul, Bangkok
The capital of Russia is | Moscow | Warsaw, Prague, Kiev
The capital of Spain is | Madrid | Lisbon, Paris, Athens
The capital of Greece is | Athens | Rome, Cairo, Madrid
The capital of Egypt is | Cairo | Tunis, Athens, Lagos
The largest planet of the solar system is | Jupiter | Mars, Venus, Mercury
The planet closest to the sun is | Mercury | Saturn, Jupiter, Neptune
The star nearest to the earth is the | Sun | Moon, Mars, Venus
The metal that is liquid at room temperature is | mercury | iron, gold, copper
Water is made of hydrogen and | oxygen | carbon, iron, helium
A triangle has three | sides | wheels, colours, voices
A spider has eight | legs | wings, tails, ears
An insect has six | legs | noses, hands, hearts
The number of months in a year is | twelve | ten, seven, twenty
The number of minutes in an hour is | sixty | ten, twelve, hundred
The month after March is | April | June, January, August
The day after Monday is | Tuesday | Friday, Sunday, Thursday
The play Hamlet was written by | Shakespeare | Dickens, Homer, Goethe
The theory of evolution was set out by Charles | Darwin | Dickens, Newton, Lincoln
The theory of relativity is due to Albert | Einstein | Newton, Darwin, Mozart
The first president of the United States was George | Washington | Lincoln, Jefferson, Bush
The longest river of Africa is the | Nile | Rhine, Thames, Amazon
The highest mountain on earth is Mount | Everest | Etna, Olympus, Blanc
The largest ocean is the | Pacific | Atlantic, Arctic, Indian
The language spoken in Brazil is | Portuguese | French, English, Dutch
The opposite of hot is | cold | warm, dry, fast
The opposite of up is | down | left, high, over
The opposite of day is | night | noon, week, hour
The opposite of rich is | poor | old, tall, kind
A young dog is called a | puppy | kitten, lamb, calf
A young cat is called a | kitten | puppy, foal, chick
A young sheep is called a | lamb | kitten, cub, chick
The colour of grass is | green | red, purple, orange
The colour of blood is | red | blue, green, yellow
The colour of snow is | white | black, green, brown
Ice is frozen | water | milk, oil, air
The organ that pumps blood is the | heart | lung, liver, skin
We see with our | eyes | ears, feet, hands
Paper is made from | wood | sand, iron, glass
Glass is made from | sand | wood, milk, wool
Wool comes from | sheep | ducks, fish, bees
Milk comes from | cows | bees, hens, trees
Eggs are laid by | hens | cows, horses, dogs
The emperor Napoleon was born on the island of | Corsica | Cuba, Malta, Iceland
The Great Wall is in | China | Spain, Kenya, Canada
The pyramids of Giza stand in | Egypt | Norway, Japan, Brazil
The sun rises in the | east | west, north, south
`,
);

/** Sums and products with small numbers; what is wrong lies near what is right. */
function arithmetic(): Row[] {
  const rows: Row[] = [];
  const add = (prompt: string, right: number): void => {
    const choices = [right, right + 1, right - 1, right + 2].map(String);
    rows.push({ category: 'arithmetic', prompt, choices });
  };
  for (let index = 0; index < 16; index++) {
    const [a, b] = [2 + ((index * 7) % 17), 3 + ((index * 5) % 13)];
    add(`${a} + ${b} =`, a + b);
    add(`${a + b + 3} - ${b} =`, a + 3);
  }
  for (let a = 2; a <= 9; a++) add(`${a} × ${11 - a} =`, a * (11 - a));
  return rows;
}

const rows = [...AGREEMENT, ...GRAMMAR, ...COMPLETION, ...FACTS, ...arithmetic()];
const categories = [...new Set(rows.map(({ category }) => category))];
const placed = categories.flatMap((name) => {
  const own = rows.filter(({ category }) => category === name);
  return own.map(({ category, prompt, choices }, index) => {
    // Pairs follow one another in twos, so that neither of the two forms has a place of its own.
    const answer = (choices.length === 2 ? index >> 1 : index) % choices.length;
    const [right, ...wrong] = choices;
    const row = {
      category,
      prompt,
      choices: [...wrong.slice(0, answer), right!, ...wrong.slice(answer)],
      answer,
    };
    return { row, share: (index + 0.5) / own.length };
  });
});
// Categories mingle, so that the first rows are of all of them.
placed.sort((a, b) => a.share - b.share);
writeFileSync(FILE, placed.map(({ row }) => `${JSON.stringify(row)}\n`).join(''));
