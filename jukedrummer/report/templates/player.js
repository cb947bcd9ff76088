// One clip plays at a time. Another track of the same clip continues at the time of the last one.
// A cursor moves over the pictures. A click on a picture seeks.
for (const clip of document.querySelectorAll(".clip")) {
  const tracks = [...clip.querySelectorAll("audio")];
  const scroll = clip.querySelector(".scroll");
  const strip = clip.querySelector(".strip");
  const cursor = clip.querySelector(".cursor");
  const seconds = Number(clip.dataset.seconds);
  let current = tracks[0];

  function draw() {
    const x = Math.min(1, current.currentTime / seconds) * strip.clientWidth;
    cursor.style.left = `${x}px`;
    const ahead = x - scroll.scrollLeft;
    if (!current.paused && (ahead < 0 || ahead > scroll.clientWidth * 0.85)) {
      scroll.scrollLeft = x - scroll.clientWidth * 0.15;
    }
    if (!current.paused) requestAnimationFrame(draw);
  }

  for (const track of tracks) {
    track.addEventListener("play", () => {
      for (const other of document.querySelectorAll("audio")) if (other !== track) other.pause();
      if (track !== current && !current.ended) track.currentTime = current.currentTime;
      current = track;
      clip.classList.add("on");
      draw();
    });
    track.addEventListener("seeked", draw);
  }

  strip.addEventListener("click", (event) => {
    current.currentTime = ((event.clientX - strip.getBoundingClientRect().left) / strip.clientWidth) * seconds;
    current.play();
  });
}
