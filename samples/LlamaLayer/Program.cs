using System.Globalization;
using Fusion.Graph;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

// With a folder as argument, the graphs and their pictures are written there, for `fusion graph`.
var folder = args.FirstOrDefault();
var isSame = true;
foreach (var (full, small) in new[]
{
    (Models.Llama3Fp8(Shapes.Llama3Of8B), Models.Llama3Fp8(Shapes.Llama3Of8B.Small, layers: 2)),
    (Models.Qwen3NvFp4(Shapes.Qwen3Of32B), Models.Qwen3NvFp4(Shapes.Qwen3Of32B.Small, layers: 2)),
})
{
    var report = full.Fuse();
    Console.WriteLine(report.ToText(new PlanTarget { WorldSize = Shapes.Ranks }));
    if (folder is not null)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, $"{full.Name}.json"), full.ToJson());
        File.WriteAllText(Path.Combine(folder, $"{full.Name}.svg"), SvgWriter.Draw(("before", full), ("after", report.After)));
    }

    isSame &= Comparison.FusedIsUnfused(small);
}

return isSame ? 0 : 1;
