"""The house's topics: names as an editor would set them, and the phrases that tell them.

The phrases of a topic are separated by semicolons: first those that name the topic itself, then those that
go with it. Case, plurals and the hyphens of prefixes do not matter; see `newsletter.core.terms`.
The names are stable: subscribers follow topics by them, so rename one only with a note in the changelog.
"""

from dataclasses import dataclass

__all__ = ["HOUSE_TOPICS", "Vocabulary"]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The phrases that tell a topic, in two strengths."""

    strong: tuple[str, ...]
    weak: tuple[str, ...]


def _vocabulary(strong: str, weak: str) -> Vocabulary:
    return Vocabulary(*(tuple(" ".join(p.split()) for p in part.split(";")) for part in (strong, weak)))


HOUSE_TOPICS: dict[str, Vocabulary] = {
    "Agents": _vocabulary(
        """agent; agentic; multi-agent; tool use; tool calling; function calling; web agent; gui agent;
        gui; computer use; language agent; llm agent; autonomous agent; deep research; web
        navigation; mobile agent""",
        """tool; browser; planning; long horizon; workflow; orchestration; environment; mcp; app;
        desktop""",
    ),
    "Reasoning": _vocabulary(
        """reasoning; reasoner; chain of thought; cot; mathematical reasoning; math reasoning; math
        problem; gsm8k; theorem; theorem proving; step by step; test time scaling; test time
        compute; long cot; commonsense reasoning; proof; multi-step reasoning; reasoning model;
        rlvr; number understanding; numerical; commonsense""",
        """math; arithmetic; logic; logical; rationale; thought; thinking; overthinking; verifier;
        monte carlo tree search; mcts; olympiad; aime; r1; process reward; puzzle; explanation;
        deduction; self-consistency""",
    ),
    "Alignment and preference learning": _vocabulary(
        """rlhf; human feedback; preference optimization; preference learning; preference finetuning;
        direct preference optimization; dpo; human preference; reward model; reward modeling; llm
        alignment; aligning llm; preference data; constitution; ai feedback; weak to strong; weak to
        strong generalization; superalignment; alignment; aligning""",
        """preference; reward; harmless; harmlessness; helpfulness; human value; policy gradient; ppo;
        grpo; on policy; reward hacking; off policy; principle; sycophancy""",
    ),
    "Instruction tuning": _vocabulary(
        """instruction tuning; instruction finetuning; instruction following; instruction data;
        supervised finetuning; sft; post-training; posttraining; finetuning data; data selection;
        data composition; multitask finetuning; half finetuning; effect of finetuning; finetuned
        llm; finetuning llm; finetuning large language model""",
        """instruction; finetuning; finetune; finetuned; data mixture; catastrophic forgetting;
        response; superficial""",
    ),
    "Parameter-efficient fine-tuning": _vocabulary(
        """parameter efficient; parameter efficient finetuning; peft; lora; low rank adaptation; low
        rank adapter; adapter; qlora; prompt tuning; prefix tuning; sparse finetuning; efficient
        finetuning; efficient tuning; soft prompt; memory efficient finetuning; low rank""",
        """rank; singular value; frozen; trainable parameter; full finetuning; weight update;
        initialization; sparsity; layer""",
    ),
    "Pre-training and scaling": _vocabulary(
        """pretraining; language model pretraining; scaling law; pretraining data; foundation model;
        scaling; emergent ability; data curation; tokenizer; tokenization; training recipe; open
        weight; technical report; small language model; continual pretraining; synthetic data""",
        """pretrain; corpus; token; compute; trillion token; optimizer; learning rate; scale up;
        objective; emergent; model size; perplexity; model family""",
    ),
    "Model architectures": _vocabulary(
        """mixture of expert; moe; state space model; mamba; linear attention; sparse attention;
        attention mechanism; position embedding; positional encoding; rotary; transformer
        architecture; recurrent; diffusion language model; hybrid architecture; long context;
        context length; length extrapolation; context window; kolmogorov arnold""",
        """expert; routing; router; attention; self-attention; architecture; memory; kv; residual;
        normalization; long sequence""",
    ),
    "Efficient inference and serving": _vocabulary(
        """quantization; quantized; serving; inference acceleration; speculative decoding; kv cache;
        pruning; throughput; model compression; gpu kernel; cuda; efficient inference; on-device;
        edge device; early exit; token pruning; low bit; sparse inference; knowledge distillation;
        distillation; distilling; distributed training; gpu memory""",
        """latency; speedup; memory; gpu; compression; bit; overhead; flop; acceleration; inference
        cost; energy; hardware; batching; cache; smaller model; teacher; student; carbon""",
    ),
    "Model merging and editing": _vocabulary(
        """model merging; merging; merged model; model editing; knowledge editing; unlearning; machine
        unlearning; model soup; task arithmetic; task vector; weight interpolation; ensemble;
        knowledge injection""",
        """merge; edit; weight averaging; fuse; permutation; forgetting; infuse; injecting""",
    ),
    "Interpretability": _vocabulary(
        """interpretability; mechanistic; mechanistic interpretability; mechanistically; sparse
        autoencoder; circuit; probing; interpretable; explainable; explainability; steering vector;
        activation steering; attribution; subspace; explainable ai; xai; inner working; feature
        relevance; intruder dimension; world model of language""",
        """activation; neuron; feature; head; hidden state; linear; layer; understanding the effect;
        internal; spectral; explanation; mechanism""",
    ),
    "Safety and robustness": _vocabulary(
        """safety; jailbreak; jailbreaking; adversarial; adversarial attack; red teaming; backdoor;
        watermark; watermarking; hallucination; misinformation; toxicity; toxic; bias and fairness;
        fairness; privacy; membership inference; deepfake; prompt injection; guardrail; robustness;
        trustworthy; federated; federated learning; copyright; social bias; deception""",
        """attack; harmful; risk; defense; malicious; refusal; detection of; secure; security;
        stereotype; vulnerability""",
    ),
    "Evaluation and benchmarks": _vocabulary(
        """evaluation benchmark; llm as a judge; evaluating llm; leaderboard; contamination; bench;
        test suite; benchmark; benchmarking; arena; evaluation framework; evaluation metric;
        calibration; miscalibration; uncertainty estimation""",
        """evaluation; evaluate; annotator; human evaluation; judge; metric; expert curated; question
        answering; overconfidence""",
    ),
    "Retrieval": _vocabulary(
        """retrieval; retrieval augmented; retrieval augmented generation; rag; retriever; dense
        retrieval; reranking; reranker; information retrieval; image retrieval; text embedding;
        embedding model; search engine; vector database; recommendation; recommender; sequential
        recommendation; composed image retrieval; cross-modal retrieval""",
        """query; document; index; passage; embedding; ranking; knowledge base; user; item; search;
        corpus""",
    ),
    "Code": _vocabulary(
        """code generation; code llm; software engineering; program synthesis; swe bench; programming;
        code model; compiler; code completion; code repair; humaneval; code review; repository
        level; bug; text to sql; program; verilog""",
        """code; coding; repository; unit test; developer; software; execution; python; github issue;
        coder""",
    ),
    "Translation and languages": _vocabulary(
        """machine translation; translation; multilingual; cross-lingual; low resource language;
        translator; bilingual; african language; indic; arabic; chinese; korean; japanese;
        linguistic; dialect""",
        """language; english; monolingual; parallel data; bleu; comet; culture; cultural; target
        language; source language""",
    ),
    "Text generation and dialogue": _vocabulary(
        """text generation; controllable generation; controllable text generation; dialogue;
        conversational; chatbot; story; storytelling; summarization; role playing; persona; creative
        writing; in-context learning; prompting; prompt engineering; tinystory; personalization;
        few-shot learning""",
        """attribute; fluent; coherent; conversation; writing; style; constraint satisfaction;
        decoding; prompt; in-context""",
    ),
    "Multimodal models": _vocabulary(
        """multimodal; multimodal large language model; mllm; vision language; vision language model;
        vlm; lvlm; visual question answering; vqa; image captioning; visual instruction tuning;
        visual reasoning; document understanding; ocr; chart; omni; clip; vision and vision
        language; unified multimodal; generalist model; captioning; image text""",
        """visual; image; vision encoder; modality; cross-modal; grounding; caption; captioner; text
        image; vision""",
    ),
    "Image generation": _vocabulary(
        """image generation; text to image; text to image generation; diffusion transformer; image
        synthesis; image editing; diffusion model; latent diffusion; stable diffusion; controllable
        image; inpainting; style transfer; visual autoregressive; personalized generation; flow
        matching; image restoration; super-resolution; virtual try on; person image; generative
        model; rectified flow; portrait; visual generation""",
        """diffusion; denoising; generative; fid; imagenet 256x256; noise; sampler; guidance;
        autoregressive; layout; aesthetic""",
    ),
    "Video": _vocabulary(
        """video; video generation; text to video; video diffusion; video understanding; video editing;
        video language; long video; image to video; talking head; action recognition; video model;
        action understanding; avatar; animation""",
        """frame; temporal; motion; clip; temporal consistency; camera control; spatio-temporal""",
    ),
    "Visual recognition": _vocabulary(
        """object detection; segmentation; semantic segmentation; image classification; fine-grained
        recognition; visual recognition; anomaly detection; vision transformer; fine-grained visual
        classification; tracking; dense vision; dense prediction; computer vision; open-vocabulary;
        instance segmentation; vision task; vision model; pose estimation; face recognition; action
        recognition; remote sensing; self-supervised learning; domain generalization;
        semi-supervised; image retrieval; visual concept""",
        """detection; classification; visual; image; imagenet; coco; vision; recognition; backbone;
        category; label; pixel; sensor""",
    ),
    "3D and view synthesis": _vocabulary(
        """3d; 4d; gaussian splatting; nerf; radiance field; novel view synthesis; view synthesis; 3d
        generation; text to 3d; 3d reconstruction; mesh; point cloud; depth estimation; human pose
        estimation; 3d human; multi-view; camera pose; scene reconstruction; texture; slam; stereo;
        egocentric; avatar; human motion; monocular""",
        """scene; geometry; depth; reconstruction; rendering; view; camera; shape; pose; surface;
        spatial; motion""",
    ),
    "Robotics": _vocabulary(
        """robot; robotic; robotics; manipulation; visuomotor; vision language action; vla; embodied;
        embodied ai; humanoid; imitation learning; dexterous; locomotion; grasping; robot learning;
        sim to real; autonomous driving; driving; embodied agent; world model; visuomotor policy;
        teleoperation; driver assistance; navigation; embodied experience""",
        """policy; action; control; demonstration; simulator; simulation; trajectory; real-world;
        planning; physical; vehicle""",
    ),
    "Reinforcement learning": _vocabulary(
        """reinforcement learning; offline rl; online rl; q function; value function; policy
        optimization; rl; bandit; exploration; markov decision process; actor critic; offline
        reinforcement learning; reward shaping; self-play; game""",
        """policy; reward; rollout; environment; trajectory; offline data; offline; atari; credit
        assignment; on policy""",
    ),
    "Speech and audio": _vocabulary(
        """speech; audio; speech recognition; asr; text to speech; tts; music; music generation; voice;
        speaker; sound; audio generation; spoken; speech synthesis; audio language model; singing;
        podcast""",
        """acoustic; waveform; codec; phoneme; listening; audio visual; transcription; song""",
    ),
    "Time series and tabular data": _vocabulary(
        """time series; time series forecasting; forecasting; tabular; tabular data; time series
        foundation model; spreadsheet; weather; weather forecasting; traffic; climate;
        spatio-temporal forecasting; electricity; anomaly detection in time""",
        """temporal; forecaster; table; frequency; horizon; season; multivariate; sensor data; concept
        drift""",
    ),
    "Biology and medicine": _vocabulary(
        """medical; clinical; biomedical; protein; drug; drug discovery; medical image; medical
        imaging; healthcare; patient; radiology; pathology; genomic; dna; molecule; molecular;
        biology; cell; microscopy; diagnosis; ehr; neuroscience; brain; eeg; fmri; health; disease;
        biological""",
        """doctor; hospital; chemistry; tissue; medicine; sequence; physician; surgery; scan""",
    ),
    "Science and specialised fields": _vocabulary(
        """finance; financial; legal; law; materials science; physics; chemistry; scientific discovery;
        agriculture; education; scientific; literature review; systematic review; research idea;
        hypothesis generation; domain adaptation; domain specific; remote sensing; geoscience;
        astronomy; e-commerce; engineering; ai scientist; mathematics; partial differential
        equation; pde; materials; research ideation; domain-specific""",
        """domain; expert; researcher; science; industry; report; paper; student; geospatial; equation;
        specialized""",
    ),
    "Transfer and continual learning": _vocabulary(
        """continual learning; transfer learning; domain generalization; out of distribution;
        catastrophic forgetting; ood; class incremental; lifelong; meta learning; few-shot;
        semi-supervised; self-supervised; self-supervised learning; contrastive learning;
        representation learning; distribution shift; supervised pretraining; transferability;
        multi-task learning; multitask; semi-supervised learner; active learning; label""",
        """downstream task; generalization; forgetting; overfitting; imagenet; class; pretraining;
        unlabeled; augmentation; downstream; rehearsal""",
    ),
    "Theory and optimisation": _vocabulary(
        """theory; theoretical; theorem; generalization bound; convergence; optimizer; optimization;
        causal; causality; causal inference; bayesian; gradient descent; sgd; adam; loss landscape;
        regularization; double descent; kernel; optimal transport; information theory; statistical;
        causal structure; hidden markov model; learning theory; prior""",
        """bound; proof; convex; learning rate; gradient; variance; complexity; assumption;
        identification; stochastic; generalization""",
    ),
    "Graphs and structured data": _vocabulary(
        """graph; graph neural network; gnn; knowledge graph; node classification; link prediction;
        hypergraph; molecule graph; ontology; knowledge base; entity; relation extraction; named
        entity""",
        """node; edge; triple; structured; topology""",
    ),
    "AI and society": _vocabulary(
        """opportunities and risk; societal; policy makers; governance; regulation; labor; survey;
        position paper; human ai; human computer interaction; economic; ethics; society; social
        science; political; consciousness; cognitive; psychology; open source ai; roadmap; green ai""",
        """risk; impact; human; public; legal; environment; social; cognition; ethical; misuse;
        opportunity""",
    ),
}
