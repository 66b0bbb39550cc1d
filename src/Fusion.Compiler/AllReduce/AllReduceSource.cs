using System.Globalization;
using System.Text;
using Fusion.Manifest;

namespace Fusion.Compiler.AllReduce;

/// <summary>Writes the source of a model's kernels: the SDK's algorithms with what is known of the calls as constants.</summary>
internal static class AllReduceSource
{
    /// <summary>The source.</summary>
    /// <param name="module">The kernels.</param>
    public static string Write(AllReduceModule module)
    {
        var text = new StringBuilder();
        text.Append(Line($"// Written by Fusion.Sdk for the item FusionAllReduce '{module.Item}'."))
            .Append("""
                #include <fusion/allreduce/epilogue_kernel.cuh>
                #include <fusion/allreduce/fixed_call.cuh>
                #include <fusion/allreduce/one_shot.cuh>
                #include <fusion/allreduce/two_shot.cuh>

                using namespace fusion;

                template <int Ranks>

                """)
            .Append(Line($"using Call = FixedCall<{module.HiddenSize}, Ranks, {Constants(module.Epilogue)}>;"));
        foreach (var kernel in module.Kernels)
        {
            text.Append('\n')
                .Append(Line($"extern \"C\" __global__ void __launch_bounds__({module.Threads}, {module.BlocksAtLeast})"))
                .Append(Line($"    {kernel}(const __grid_constant__ AllReduceParams params) {{"))
                .Append(Line($"  {Body(kernel)}(params);"))
                .Append("}\n");
        }

        return text.ToString();
    }

    private static string Body(AllReduceKernelName kernel)
    {
        var type = kernel.DataType == "f32" ? "float" : kernel.DataType;
        return kernel.Stem == AllReduceKernelName.Separate
            ? Text($"epilogue_kernel<{type}, {kernel.Vectors}, Call<1>>")
            : Text($"{kernel.Stem}<{type}, {kernel.Peers}, {kernel.Vectors}, Call<{kernel.WorldSize}>>");
    }

    private static string Constants(EpilogueWords epilogue)
    {
        var (norm, bias) = epilogue.Norm switch
        {
            "rmsnorm" => ("Rms", 0),
            "rmsnorm1" => ("Rms", 1),
            "rmsnorm-hf" => ("RmsRoundedTwice", 0),
            "layernorm" => ("Layer", 0),
            _ => ("None", 0),
        };
        var quantization = epilogue.Quantization switch
        {
            "fp8" => "StaticFp8",
            "fp8-token" => "PerTokenFp8",
            EpilogueWords.GroupWord => "PerGroupFp8",
            "nvfp4" => "NvFp4",
            "mxfp8" => "MxFp8",
            _ => "None",
        };
        var group = epilogue.Group > 0 ? Text($", {epilogue.Group}, {Word(epilogue.GroupScaleIsUe8m0)}") : "";
        return Text($"{Word(epilogue.Residual)}, NormKind::{norm}, {bias}, QuantKind::{quantization}{group}");
    }

    private static string Word(bool value) => value ? "true" : "false";

    private static string Line(FormattableString text) => Text(text) + "\n";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
